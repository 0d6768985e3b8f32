import {type BandName, bandLabel, bands, firstBand} from "./bands-data.js";
import {asInput, changed, element} from "./dom.js";
import {pyramidPlaces} from "./pyramid-places.js";

/**
 * The usual picture of a wavelet decomposition (Mallat 1989) as a choice of a band: the finest details in the large
 * squares, the coarse picture in the corner. Its value is a band's name.
 */
export function bandPyramid({value = firstBand, size = 176}: {value?: string; size?: number} = {}) {
  const places = pyramidPlaces(size);
  let current = value as BandName;
  const buttons = new Map<BandName, HTMLButtonElement>();
  const caption = element("p", {class: "chosen", "aria-live": "polite"});
  const square = element("div", {
    class: "pyramid",
    role: "radiogroup",
    "aria-label": "Band",
    style: `width: ${size}px; height: ${size}px`
  });
  for (const band of bands) {
    const {x, y, side} = places.get(band)!;
    const button = element(
      "button",
      {
        type: "button",
        role: "radio",
        "aria-label": `${band}, ${bandLabel(band)}`,
        title: bandLabel(band),
        style: `left: ${x}px; top: ${y}px; width: ${side}px; height: ${side}px`,
        onclick: () => choose(band),
        onpointerenter: () => choose(band)
      },
      side < 24 ? "" : band
    );
    buttons.set(band, button);
    square.append(button);
  }
  const node = element("div", {class: "pyramid-holder"}, square, caption);

  function draw(): void {
    for (const [band, button] of buttons) {
      button.setAttribute("aria-checked", String(band === current));
      button.tabIndex = band === current ? 0 : -1;
    }
    caption.textContent = `${current}: ${bandLabel(current)}`;
  }
  function choose(band: BandName, focus = false): void {
    if (band === current) return;
    current = band;
    draw();
    if (focus) buttons.get(band)!.focus();
    changed(node);
  }
  square.addEventListener("keydown", (event) => {
    const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
    if (step === undefined) return;
    event.preventDefault();
    choose(bands[(bands.indexOf(current) + step + bands.length) % bands.length], true);
  });
  draw();
  return asInput(
    node,
    (): string => current,
    (band: string) => {
      if (!buttons.has(band as BandName)) throw new RangeError(`there is no band ${band}`);
      current = band as BandName;
      draw();
    }
  );
}
