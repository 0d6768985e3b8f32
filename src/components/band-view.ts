import {bandImage} from "../measures/bands.js";
import {type Haar, haar} from "../measures/dwt.js";
import type {Plane} from "../measures/image.js";
import {type BandName, bandLabel} from "./bands-data.js";
import {element} from "./dom.js";
import {difference, paintGrey, paintSigned} from "./paint.js";
import {stage} from "./stage.js";
import {wholeImage} from "./viewport.js";

/**
 * One band of HR, of an output, and of their difference, as images: what that band contributes to the picture. All three
 * share one scale, set by the band's strong values in HR; the coarse picture is shown in grey as it is.
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
  let band: BandName = "HH1";
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
    const hr = bandImage(pair.hr, band);
    const output = bandImage(pair.output, band);
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
    const scale = grey ? "grey levels 0 to 1; the difference" : "all three";
    note.textContent = `${band}: ${bandLabel(band)}. Warm above zero, blue below; ${scale} on a scale of ±${(grey ? errorLimit : limit).toFixed(3)}.`;
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
