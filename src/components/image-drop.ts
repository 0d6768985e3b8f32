import type {Plane} from "../measures/image.js";
import {resize} from "../measures/resize.js";
import {asInput, changed, element} from "./dom.js";

/** An image that a reader gave. */
export interface GivenImage {
  readonly name: string;
  readonly plane: Plane;
  /** What was done to it, in words; empty when nothing was. */
  readonly note: string;
}

/** Longest side that is worked on: an autoencoder's time and memory grow with the area. */
export const longestSide = 512;

/**
 * A place to drop an image, to paste one, or to choose a file; its value is the image, or null. `multiple`: the sides
 * are cut to multiples of this, as autoencoders want them.
 */
export function imageDrop(label: string, {multiple = 8}: {multiple?: number} = {}) {
  let given: GivenImage | null = null;
  const file = element("input", {type: "file", accept: "image/*", "aria-label": label});
  const status = element("p", {class: "status", role: "status"});
  const node = element(
    "div",
    {class: "drop"},
    element("p", {}, element("strong", {}, label), ": drop an image here, paste one, or choose a file"),
    file,
    status
  );

  async function take(blob: Blob, name: string): Promise<void> {
    status.textContent = `Reading ${name} …`;
    try {
      set({name, ...prepare(await decode(blob), multiple)});
    } catch {
      status.textContent = `${name} is not an image that this browser can read (PNG and JPEG always are).`;
    }
  }

  function set(next: GivenImage): void {
    given = next;
    const {width, height} = next.plane;
    status.textContent = `${next.name}, ${width}×${height}${next.note ? ` (${next.note})` : ""}`;
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
        set({name, ...prepare(plane, multiple)});
      }
    }
  );
}

/** Grey by the channel mean, as everywhere on these pages. */
async function decode(blob: Blob): Promise<Plane> {
  const bitmap = await createImageBitmap(blob, {colorSpaceConversion: "none"});
  const {width, height} = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d", {willReadFrequently: true})!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const {data: rgba} = context.getImageData(0, 0, width, height);
  const data = new Float32Array(width * height);
  for (let i = 0; i < data.length; i++) data[i] = (rgba[4 * i] + rgba[4 * i + 1] + rgba[4 * i + 2]) / 765;
  return {data, width, height};
}

/** Reduced when it is large, then cut at the right and below to multiples. */
function prepare(plane: Plane, multiple: number): {plane: Plane; note: string} {
  const notes: string[] = [];
  let result = plane;
  const longest = Math.max(plane.width, plane.height);
  if (longest > longestSide) {
    const scale = longestSide / longest;
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
  if (width === 0 || height === 0) throw new RangeError(`an image needs at least ${multiple} pixels a side`);
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
