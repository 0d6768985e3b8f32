import type {Plane} from "../measures/image.js";
import {resize} from "../measures/resize.js";
import {openFile} from "./decoder-client.js";
import {asInput, changed, element} from "./dom.js";
import {type OpenedVolume, volumeControls} from "./volume-controls.js";

/** An image that a reader gave. */
export interface GivenImage {
  readonly name: string;
  readonly plane: Plane;
  /** What was done to it, in words; empty when nothing was. */
  readonly note: string;
}

/** Longest side that an autoencoder works on: its time and memory grow with the area. */
export const longestSide = 512;

/** The files that can be opened: what a file dialogue offers. The content counts, not the name. */
const accept = "image/*,.tif,.tiff,.npy,.dcm,.dicom,.nii,.nii.gz,.gz,.mgh,.mgz,.nrrd,.mha,application/dicom";

/**
 * A place to drop a picture or a medical image, to paste one, or to choose a file; its value is the image, or null. Of a
 * volume a slice and a window can be chosen. `multiple`: the sides are cut to multiples of this, as autoencoders want
 * them; `longest`: a longer image is reduced.
 */
export function imageDrop(
  label: string,
  {multiple = 8, longest = longestSide}: {multiple?: number; longest?: number} = {}
) {
  let given: GivenImage | null = null;
  let open: OpenedVolume | null = null;
  let latest = 0;
  const file = element("input", {type: "file", accept, "aria-label": label});
  const status = element("p", {class: "status", role: "status"});
  const controls = element("div", {});
  const node = element(
    "div",
    {class: "drop"},
    element(
      "p",
      {},
      element("strong", {}, label),
      ": drop a file here, paste a picture, or choose one. PNG, JPEG, TIFF, DICOM, NIfTI, NumPy, NRRD, MGH, MetaImage."
    ),
    file,
    status,
    controls
  );

  function forget(): void {
    open?.close();
    open = null;
    controls.replaceChildren();
  }

  async function take(blob: Blob, name: string): Promise<void> {
    const own = ++latest;
    status.textContent = `Reading ${name} …`;
    forget();
    try {
      const opened = await openFile(name, new Uint8Array(await blob.arrayBuffer()));
      if (own !== latest) return; // another file was given meanwhile
      if (opened.kind === "image") {
        set(name, opened.plane, "");
        return;
      }
      open = opened;
      controls.replaceChildren(
        volumeControls(opened, {
          onPlane: (plane, words) => {
            if (own === latest) attempt(() => set(name, plane, words));
          },
          onError: (message) => fail(message)
        })
      );
    } catch (error) {
      if (own === latest) fail((error as Error).message);
    }
  }

  function attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      fail((error as Error).message);
    }
  }

  function fail(message: string): void {
    given = null;
    status.textContent = /[.!?]$/.test(message) ? message : `${message}.`;
    changed(node);
  }

  function set(name: string, plane: Plane, words: string): void {
    const next = prepare(plane, name, multiple, longest);
    given = {name, plane: next.plane, note: [words, next.note].filter(Boolean).join(", ")};
    const {width, height} = next.plane;
    status.textContent = `${name}, ${width}×${height}${given.note ? ` (${given.note})` : ""}`;
    changed(node);
  }

  file.addEventListener("input", (event) => event.stopPropagation());
  file.addEventListener("change", () => {
    const chosen = file.files?.[0];
    if (chosen) void take(chosen, chosen.name);
  });
  for (const type of ["dragover", "dragenter"]) {
    node.addEventListener(type, (event) => {
      event.preventDefault();
      node.classList.add("over");
    });
  }
  for (const type of ["dragleave", "drop"]) node.addEventListener(type, () => node.classList.remove("over"));
  node.addEventListener("drop", (event) => {
    event.preventDefault();
    const dropped = event.dataTransfer?.files[0];
    if (dropped) void take(dropped, dropped.name);
  });
  node.addEventListener("paste", (event) => {
    const pasted = [...((event as ClipboardEvent).clipboardData?.files ?? [])][0];
    if (pasted) void take(pasted, "the pasted image");
  });

  return Object.assign(
    asInput(
      node,
      () => given,
      (next: GivenImage | null) => {
        given = next;
      }
    ),
    {
      /** Puts in an image that did not come from the reader. */
      give(name: string, plane: Plane): void {
        latest++;
        forget();
        attempt(() => set(name, plane, ""));
      }
    }
  );
}

/** Reduced when it is large, then cut at the right and below to multiples. @throws RangeError when nothing is left. */
export function prepare(plane: Plane, name: string, multiple: number, longest: number): {plane: Plane; note: string} {
  const notes: string[] = [];
  let result = plane;
  const side = Math.max(plane.width, plane.height);
  if (side > longest) {
    const scale = longest / side;
    const reduced = resize(
      plane,
      Math.max(1, Math.round(plane.width * scale)),
      Math.max(1, Math.round(plane.height * scale))
    );
    result = {...reduced, data: reduced.data.map((v) => Math.min(1, Math.max(0, v)))};
    notes.push(`reduced from ${plane.width}×${plane.height}`);
  }
  const width = Math.floor(result.width / multiple) * multiple;
  const height = Math.floor(result.height / multiple) * multiple;
  if (width === 0 || height === 0) {
    throw new RangeError(
      `${name} has ${plane.width}×${plane.height} pixels; an autoencoder needs at least ${multiple} a side`
    );
  }
  if (width !== result.width || height !== result.height) {
    const data = new Float32Array(width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) data[y * width + x] = result.data[y * result.width + x];
    }
    notes.push(`cut from ${result.width}×${result.height}`);
    result = {data, width, height};
  }
  return {plane: result, note: notes.join(", ")};
}
