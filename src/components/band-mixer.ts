import {type Haar, haar, inverseHaar} from "../measures/dwt.js";
import {psnr} from "../measures/fidelity.js";
import type {Plane} from "../measures/image.js";
import {type BandName, bandLabel, bands} from "./bands-data.js";
import {asInput, changed, element} from "./dom.js";
import {fixed} from "./format.js";
import {difference, paintGrey, paintSigned} from "./paint.js";
import {pyramidPlaces} from "./pyramid-places.js";
import {stage} from "./stage.js";
import {wholeImage} from "./viewport.js";

/** The picture whose bands come from HR or from an output, as chosen one by one. */
export function mixOf(hr: Haar, output: Haar, fromOutput: ReadonlySet<string>): Plane {
  const pick = (band: string) => (fromOutput.has(band) ? output : hr);
  return inverseHaar({
    ...hr,
    ll: pick(`LL${hr.details.length}`).ll,
    details: hr.details.map((_, i) => ({
      lh: pick(`LH${i + 1}`).details[i].lh,
      hl: pick(`HL${i + 1}`).details[i].hl,
      hh: pick(`HH${i + 1}`).details[i].hh
    }))
  });
}

/** `0110000000`: a digit a band, coarse to fine, 1 for the output's. Anything else: all of the output's. */
export function parseMix(text: string): Set<BandName> {
  if (!/^[01]{10}$/.test(text)) return new Set(bands);
  return new Set(bands.filter((_, i) => text[i] === "1"));
}

/**
 * Takes each band from HR or from the output and shows the picture that results, its error, and its PSNR, at once. Its
 * value is the choice, as `parseMix` reads it.
 */
export function bandMixer({value = "", size = 208}: {value?: string; size?: number} = {}) {
  const fromOutput = parseMix(value);
  let pair: {hr: Plane; a: Haar; b: Haar; outputLabel: string; description: string} | null = null;
  let pictures: OffscreenCanvas[] = [];
  let requested = 0;

  const buttons = new Map<BandName, HTMLButtonElement>();
  const square = element("div", {
    class: "pyramid mixer",
    role: "group",
    "aria-label": "Bands taken from the output",
    style: `width: ${size}px; height: ${size}px`
  });
  for (const [band, {x, y, side}] of pyramidPlaces(size)) {
    const button = element(
      "button",
      {
        type: "button",
        title: `${bandLabel(band)} (${band})`,
        "aria-label": `${band}, ${bandLabel(band)}: from the output`,
        style: `left: ${x}px; top: ${y}px; width: ${side}px; height: ${side}px`,
        onclick: () => {
          if (!fromOutput.delete(band)) fromOutput.add(band);
          apply();
        }
      },
      side < 30 ? "" : band
    );
    buttons.set(band, button);
    square.append(button);
  }
  const preset = (text: string, chosen: readonly BandName[]) =>
    element(
      "button",
      {
        type: "button",
        class: "plain",
        onclick: () => {
          fromOutput.clear();
          for (const band of chosen) fromOutput.add(band);
          apply();
        }
      },
      text
    );
  const level = (n: number) => bands.filter((band) => band.endsWith(String(n)));
  const panels = [panel("Mixed"), panel("Mixed − HR")];
  const result = element("p", {class: "mix-result", role: "status"});
  const node = element(
    "div",
    {class: "with-side"},
    element(
      "div",
      {},
      square,
      element("p", {class: "chosen"}, "Filled: from the output. Empty: from HR."),
      element(
        "div",
        {class: "presets"},
        preset("All from the output", bands),
        preset("All from HR", []),
        preset("Only the finest from the output", level(1)),
        preset(
          "Only the finest from HR",
          bands.filter((band) => !band.endsWith("1"))
        )
      )
    ),
    element("div", {class: "viewer mix"}, element("div", {class: "panels"}, ...panels.map((one) => one.node)), result)
  );

  function panel(title: string) {
    const own = stage(title);
    new ResizeObserver(request).observe(own.node);
    return {node: element("div", {class: "panel"}, element("p", {class: "title"}, title), own.node), stage: own};
  }

  function apply(): void {
    paint();
    changed(node);
  }

  function paint(): void {
    for (const [band, button] of buttons) button.setAttribute("aria-pressed", String(fromOutput.has(band)));
    if (pair === null) return;
    const mixed = mixOf(pair.a, pair.b, fromOutput);
    const [grey, error] = pictures;
    pictures = [paintGrey(mixed, 0, 1, grey), paintSigned(difference(pair.hr, mixed), 0.1, error)];
    const value = psnr(pair.hr, mixed);
    result.textContent = `PSNR of the mixture: ${value > 140 ? "∞ (it is HR)" : `${fixed(value, 2)} dB`}; ${fromOutput.size} of ${bands.length} bands from ${pair.outputLabel}. Error on a scale of ±0.1.`;
    for (const [i, what] of ["mixture of HR and the output", "error of the mixture"].entries()) {
      panels[i].stage.node.firstElementChild!.setAttribute("aria-label", `${pair.description}: ${what}`);
    }
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

  paint();
  const input = asInput(
    node,
    (): string => bands.map((band) => (fromOutput.has(band) ? "1" : "0")).join(""),
    (text: string) => {
      const next = parseMix(text);
      fromOutput.clear();
      for (const band of next) fromOutput.add(band);
      paint();
    }
  );
  return Object.assign(input, {
    show(next: {hr: Plane; output: Plane; outputLabel: string; description: string}): void {
      pair = {
        hr: next.hr,
        a: haar(next.hr),
        b: haar(next.output),
        outputLabel: next.outputLabel,
        description: next.description
      };
      paint();
    }
  });
}
