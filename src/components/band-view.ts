import {bandPlanes} from "../measures/bands.js";
import {type Haar, haar} from "../measures/dwt.js";
import type {Plane} from "../measures/image.js";
import {type BandName, bandLabel, firstBand} from "./bands-data.js";
import {element} from "./dom.js";
import {difference, paintGrey, paintSigned} from "./paint.js";
import {stage} from "./stage.js";
import {wholeImage} from "./viewport.js";

/**
 * A band's coefficients as grey levels, a cell each. A coefficient adds its value over 2^level to half of the pixels that it stands
 * for and takes it from the others (of LL: adds it to all), so the cell tells by how much, and its sign which half is the brighter.
 * The band's part of the picture itself alternates from pixel to pixel, which the eye, and a reduced picture, takes for grey.
 */
export function bandCells(decomposition: Haar, band: BandName): Plane {
  const {data, width, height} = bandPlanes(decomposition).get(band)!;
  const scale = 2 ** Number(band.slice(2));
  return {data: Float32Array.from(data, (value) => value / scale), width, height};
}

/** What a warm and what a blue cell of a direction says of its pixels. */
const meanings: Readonly<Record<string, string>> = {
  LH: "warm where the upper half is brighter than the lower, blue where it is darker",
  HL: "warm where the left half is brighter than the right, blue where it is darker",
  HH: "warm where the diagonal from the upper left is brighter than the other, blue where it is darker"
};

/**
 * One band of HR, of an output, and of their difference: its coefficients, a cell each. All three share one scale, set by the
 * band's strong values in HR; the coarse picture is shown in grey as it is.
 */
export function bandView() {
  const panels = [panel("HR"), panel("Output"), panel("Output − HR")];
  const note = element("p", {class: "chosen"});
  const node = element(
    "div",
    {class: "viewer bands"},
    element("div", {class: "panels"}, ...panels.map((one) => one.node)),
    note
  );
  let pair: {hr: Haar; output: Haar; outputLabel: string; description: string} | null = null;
  let band: BandName = firstBand;
  let pictures: OffscreenCanvas[] = [];
  let requested = 0;

  function panel(title: string) {
    const name = element("span", {}, title);
    const own = stage(title);
    new ResizeObserver(request).observe(own.node);
    return {node: element("div", {class: "panel"}, element("p", {class: "title"}, name), own.node), name, stage: own};
  }

  function paint(): void {
    if (pair === null) return;
    const hr = bandCells(pair.hr, band);
    const output = bandCells(pair.output, band);
    const error = difference(hr, output);
    const limit = scaleOf(hr);
    const grey = band.startsWith("LL");
    const errorLimit = grey ? 0.1 : limit;
    pictures = [
      grey ? paintGrey(hr) : paintSigned(hr, limit),
      grey ? paintGrey(output) : paintSigned(output, limit),
      paintSigned(error, errorLimit)
    ];
    panels[1].name.textContent = pair.outputLabel;
    for (const [i, what] of ["HR", pair.outputLabel, "difference"].entries()) {
      const label = `${bandLabel(band)} (${band}) of ${pair.description}: ${what}`;
      panels[i].stage.node.firstElementChild!.setAttribute("aria-label", label);
    }
    const side = 2 ** Number(band.slice(2));
    const cell = `A cell is ${side}×${side} pixels`;
    const text = grey
      ? `${cell}, their mean in grey levels 0 to 1. The difference is warm where the output is brighter, blue where it is darker, on a scale of ±${errorLimit.toFixed(3)}`
      : `${cell}: ${meanings[band.slice(0, 2)]}; the difference is output minus HR. All three on a scale of ±${limit.toFixed(3)} grey levels`;
    note.textContent = `${band}: ${bandLabel(band)}. ${text}.`;
    node.dataset.band = band;
    request();
  }

  function request(): void {
    if (requested === 0) requested = requestAnimationFrame(draw);
  }
  function draw(): void {
    requested = 0;
    pictures.forEach((picture, i) => {
      panels[i].stage.draw({left: picture}, wholeImage, null);
    });
  }

  return Object.assign(node, {
    show(next: {hr: Plane; output: Plane; outputLabel: string; description: string}): void {
      pair = {...next, hr: haar(next.hr), output: haar(next.output)};
      paint();
    },
    setBand(next: string): void {
      if (band === next && pictures.length > 0) return;
      band = next as BandName;
      paint();
    }
  });
}

/** Where 99.8 % of the magnitudes lie below: the largest few would leave the rest in the dark. */
function scaleOf({data}: Plane): number {
  const magnitudes = Float32Array.from(data, Math.abs).sort();
  return Math.max(1e-4, magnitudes[Math.floor(0.998 * (magnitudes.length - 1))]);
}
