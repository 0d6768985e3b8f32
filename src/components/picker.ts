import {asInput, changed, element} from "./dom.js";
import type {Option} from "./segmented.js";
import {dropdown} from "./segmented.js";
import type {SiteImage, SiteIndex} from "./site-data.js";

/** A way to order the thumbnails: by a number for each image, smallest first. */
export interface Order extends Option {
  readonly key: (image: SiteImage) => number;
  /** Shown beside the chosen image. */
  readonly text?: (image: SiteImage) => string;
}

/**
 * Thumbnails of one set at a time; its value is an image's id. Arrow keys go through them (as in any radio group).
 * `imageUrl` gives the address of a picture of the site.
 */
export function picker(
  index: SiteIndex,
  {value, orders = [], imageUrl}: {value?: string; orders?: readonly Order[]; imageUrl: (file: string) => string}
) {
  const {images, sets, thumbnails} = index;
  let current = images.find((image) => image.id === value) ?? images[0];

  const setChoice = dropdown(
    sets.map((set) => ({value: set.id, label: `${set.label} (${set.images})`})),
    {label: "Images", value: current.set}
  );
  const orderChoice = dropdown([{value: "", label: "name"}, ...orders], {label: "sorted by"});
  const strip = element("div", {class: "strip", role: "radiogroup", "aria-label": "Image"});
  const chosen = element("p", {class: "chosen", "aria-live": "polite"});
  const node = element(
    "div",
    {class: "picker"},
    element("div", {class: "controls"}, setChoice, orders.length > 0 && orderChoice),
    strip,
    chosen
  );

  const shown = () => {
    const own = images.filter((image) => image.set === current.set);
    const order = orders.find((o) => o.value === orderChoice.value);
    return order ? own.sort((a, b) => order.key(a) - order.key(b)) : own;
  };

  function draw(focus = false): void {
    strip.replaceChildren(
      ...shown().map((image) => {
        const i = images.indexOf(image);
        const x = (i % thumbnails.columns) * thumbnails.size;
        const y = Math.floor(i / thumbnails.columns) * thumbnails.size;
        const checked = image === current;
        const button = element("button", {
          type: "button",
          role: "radio",
          "aria-checked": String(checked),
          "aria-label": image.id,
          title: image.id,
          tabindex: checked ? 0 : -1,
          style: `background-image: url("${imageUrl(thumbnails.file)}"); background-position: -${x}px -${y}px`,
          onclick: () => choose(image, true)
        });
        return button;
      })
    );
    const order = orders.find((o) => o.value === orderChoice.value);
    chosen.textContent = [
      current.id,
      current.modality,
      current.patient && current.patient !== current.id && `patient ${current.patient.replace(/\s*\(.*/, "")}`,
      order?.text?.(current)
    ]
      .filter(Boolean)
      .join(" · ");
    const selected = strip.querySelector<HTMLElement>('[aria-checked="true"]');
    if (focus) selected?.focus();
    if (selected) strip.scrollLeft = Math.max(0, selected.offsetLeft - strip.offsetLeft - strip.clientWidth / 2 + 32);
  }

  function choose(image: SiteImage, focus = false): void {
    if (image === current) return;
    current = image;
    setChoice.value = image.set;
    draw(focus);
    changed(node);
  }

  strip.addEventListener("keydown", (event) => {
    const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
    const own = shown();
    const next =
      step !== undefined
        ? own[(own.indexOf(current) + step + own.length) % own.length]
        : event.key === "Home"
          ? own[0]
          : event.key === "End"
            ? own.at(-1)
            : undefined;
    if (next === undefined) return;
    event.preventDefault();
    choose(next, true);
  });
  setChoice.addEventListener("input", (event) => {
    event.stopPropagation();
    const first = images.find((image) => image.set === setChoice.value)!;
    current = first;
    draw();
    changed(node);
  });
  orderChoice.addEventListener("input", (event) => {
    event.stopPropagation();
    draw();
  });
  draw();
  return asInput(
    node,
    () => current.id,
    (id: string) => {
      const image = images.find((one) => one.id === id);
      if (image === undefined) throw new RangeError(`there is no image ${id}`);
      current = image;
      setChoice.value = image.set;
      draw();
    }
  );
}
