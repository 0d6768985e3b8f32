import type {Plane} from "../measures/image.js";
import type {Cut, OpenedFile, VolumeFacts} from "./decoder-client.js";
import {element} from "./dom.js";
import {fixed} from "./format.js";
import {dropdown} from "./segmented.js";

type Windowing = Cut["windowing"];
export type OpenedVolume = Extract<OpenedFile, {readonly kind: "volume"}>;

/**
 * Controls for a volume's slice, frame and window. `onPlane` gets each picture that is chosen, the first one at once; `onError` a
 * sentence where there is none. Moves that follow each other quickly are taken together.
 */
export function volumeControls(
  volume: OpenedVolume,
  {onPlane, onError}: {onPlane: (plane: Plane, words: string) => void; onError: (message: string) => void}
): HTMLElement {
  const {facts} = volume;
  const ways = windowings(facts);
  const axis = dropdown(
    facts.cuts.map((cut) => ({value: String(cut.axis), label: cut.label})),
    {label: "Cut"}
  );
  const index = slider("Slice", 0, 0, 1);
  const frame = slider("Frame", 0, Math.max(0, facts.frames - 1), 1);
  const windowing = dropdown(
    ways.map(({label}, i) => ({value: String(i), label})),
    {label: "Grey values"}
  );
  const [low, high] = facts.range;
  const span = Math.max(high - low, 1e-6);
  const start = facts.windows[0] ?? {center: (low + high) / 2, width: span};
  const centre = slider("Level (centre)", low, high, span / 500, start.center);
  const width = slider("Window (width)", span / 500, Math.max(span, start.width), span / 500, start.width);
  const custom = element("div", {class: "controls"}, centre.node, width.node);

  let busy = false;
  let again = false;
  async function cut(): Promise<void> {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      const chosen = facts.cuts.find((one) => String(one.axis) === axis.value)!;
      const way = ways[Number(windowing.value)];
      const window: Windowing = way.windowing ?? {center: centre.value(), width: width.value()};
      const plane = await volume.cut({
        axis: chosen.axis,
        index: index.value(),
        frame: frame.value(),
        windowing: window
      });
      const grey =
        way.windowing === null ? `level ${short(centre.value())}, window ${short(width.value())}` : way.label;
      const place = chosen.slices > 1 ? `${chosen.label} slice ${index.value() + 1} of ${chosen.slices}, ` : "";
      const time = facts.frames > 1 ? `frame ${frame.value() + 1} of ${facts.frames}, ` : "";
      onPlane(plane, `${place}${time}${grey}`);
    } catch (error) {
      onError((error as Error).message);
    }
    busy = false;
    if (again) {
      again = false;
      void cut();
    }
  }

  function axisChanged(): void {
    const {slices} = facts.cuts.find((one) => String(one.axis) === axis.value)!;
    index.limit(slices - 1, Math.floor((slices - 1) / 2));
    index.node.hidden = slices < 2;
  }

  axis.addEventListener("input", (event) => {
    event.stopPropagation();
    axisChanged();
    void cut();
  });
  windowing.addEventListener("input", (event) => {
    event.stopPropagation();
    custom.hidden = ways[Number(windowing.value)].windowing !== null;
    void cut();
  });
  for (const one of [index, frame, centre, width]) {
    one.node.addEventListener("input", (event) => {
      event.stopPropagation();
      void cut();
    });
  }
  axisChanged();
  frame.node.hidden = facts.frames < 2;
  custom.hidden = true;
  (axis as HTMLElement).hidden = facts.cuts.length < 2;
  void cut();
  const cubes = facts.spacing.every((one) => Math.abs(one - facts.spacing[0]) < 0.01 * facts.spacing[0]);
  return element(
    "div",
    {class: "volume", role: "group", "aria-label": "Which picture of the file"},
    element("p", {class: "keys"}, volumeText(facts)),
    element("div", {class: "controls"}, axis, index.node, frame.node, windowing),
    custom,
    !cubes &&
      element(
        "p",
        {class: "keys"},
        `Voxels are ${facts.spacing.map((one) => fixed(one, 2)).join(" × ")} mm; they are shown and measured as squares.`
      )
  );
}

/** "DICOM (MR), 512×512×24 voxels, values −12 to 1,904" */
export function volumeText({format, shape, frames, range, modality}: VolumeFacts): string {
  const name = {nifti: "NIfTI", mgh: "MGH", dicom: "DICOM", tiff: "TIFF", nrrd: "NRRD", metaimage: "MetaImage"}[format];
  const size = shape[2] > 1 ? `${shape.join("×")} voxels` : `${shape[0]}×${shape[1]} pixels`;
  const times = frames > 1 ? `, ${frames} frames` : "";
  return `${name}${modality === null ? "" : ` (${modality})`}, ${size}${times}, values ${short(range[0])} to ${short(range[1])}`;
}

/** The ways to make grey of a file's values, the file's own first. `null`: by the two sliders. */
export function windowings({windows, lookup}: VolumeFacts): {label: string; windowing: Windowing | null}[] {
  return [
    ...(lookup ? [{label: "the file’s own table", windowing: "file" as const}] : []),
    ...windows.map((window, i) => ({
      label: `the file’s window${windows.length > 1 ? ` ${i + 1}` : ""}: level ${short(window.center)}, width ${short(window.width)}`,
      windowing: window
    })),
    {label: "1st to 99.5th percentile", windowing: {percentile: [1, 99.5] as const}},
    {label: "least to greatest value", windowing: "minmax" as const},
    {label: "set by hand", windowing: null}
  ];
}

function short(value: number): string {
  return String(Number(value.toPrecision(4))).replace("-", "−");
}

function slider(label: string, min: number, max: number, step: number, start = min) {
  const input = element("input", {type: "range", min, max, step});
  input.value = String(start);
  const output = element("output", {});
  const node = element("label", {class: "choice"}, label, input, output);
  // slices and frames are counted from 1
  const say = () => {
    output.textContent = step === 1 ? String(Number(input.value) + 1) : short(Number(input.value));
  };
  input.addEventListener("input", say);
  say();
  return {
    node,
    value: () => Number(input.value),
    limit(most: number, value: number): void {
      input.max = String(most);
      input.value = String(value);
      say();
    }
  };
}
