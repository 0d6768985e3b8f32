import {asInput, changed, element} from "./dom.js";
import type {Option} from "./segmented.js";
import {dropdown} from "./segmented.js";
import type {SiteImage, SiteIndex} from "./site-data.js";

/** The numbers by which thumbnails can be ordered: a measure of an arm. */
export interface Sorting {
  readonly measures: readonly Option[];
  readonly arms: readonly Option[];
  readonly number: (image: string, arm: string, measure: string) => number | undefined;
  /** The number with its unit, as a reader sees it. */
  readonly text: (value: number | undefined, measure: string) => string;
  /** `psnr,ae:x,down`: the choice to begin with. */
  readonly value?: string;
  /** Told when the choice changes; null for the order of names. */
  readonly onChange?: (value: string | null) => void;
}

/**
 * Thumbnails of one set at a time; its value is an image's id. Arrow keys go through them (as in any radio group).
 * `imageUrl` gives the address of a picture of the site.
 */
export function picker(
  index: SiteIndex,
  {value, sorting, imageUrl}: {value?: string; sorting?: Sorting; imageUrl: (file: string) => string}
) {
  const {images, sets, thumbnails} = index;
  let current = images.find((image) => image.id === value) ?? images[0];

  const setChoice = dropdown(
    sets.map((set) => ({value: set.id, label: `${set.label} (${set.images})`})),
    {label: "Images", value: current.set}
  );
  const [sortMeasure, sortArm, sortDirection] = (sorting?.value ?? "").split(",");
  const known = sorting?.measures.some(({value}) => value === sortMeasure) ? sortMeasure : "";
  const measureChoice = dropdown([{value: "", label: "name"}, ...(sorting?.measures ?? [])], {
    label: "sorted by",
    value: known
  });
  const armChoice = dropdown(sorting?.arms ?? [], {
    label: "of",
    value: sorting?.arms.some(({value}) => value === sortArm) ? sortArm : sorting?.arms.at(-1)?.value
  });
  const directionChoice = dropdown(
    [
      {value: "up", label: "smallest first"},
      {value: "down", label: "largest first"}
    ],
    {label: "", value: sortDirection === "down" ? "down" : "up"}
  );
  directionChoice.querySelector("select")!.setAttribute("aria-label", "Direction of the order");
  const strip = element("div", {class: "strip", role: "radiogroup", "aria-label": "Image"});
  const chosen = element("p", {class: "chosen", "aria-live": "polite"});
  const node = element(
    "div",
    {class: "picker"},
    element("div", {class: "controls"}, setChoice, sorting && measureChoice, armChoice, directionChoice),
    strip,
    chosen
  );

  const number = (image: SiteImage) => sorting?.number(image.id, armChoice.value, measureChoice.value);
  const shown = () => {
    const own = images.filter((image) => image.set === current.set);
    if (measureChoice.value === "") return own;
    const sign = directionChoice.value === "down" ? -1 : 1;
    // those without a number come last either way
    return own.sort((a, b) => (number(a) ?? sign * Infinity) * sign - (number(b) ?? sign * Infinity) * sign);
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
          title: image.lesion ? `${image.id}, with a lesion` : image.id,
          class: [image.lesion && "lesion", thumbnails.file === "" && "named"].filter(Boolean).join(" ") || null,
          tabindex: checked ? 0 : -1,
          style:
            thumbnails.file !== "" &&
            `background-image: url("${imageUrl(thumbnails.file)}"); background-position: -${x}px -${y}px`,
          onclick: () => choose(image, true)
        });
        if (thumbnails.file === "") button.append(image.id);
        return button;
      })
    );
    armChoice.hidden = directionChoice.hidden = sorting === undefined || measureChoice.value === "";
    chosen.textContent = [
      current.id,
      current.modality,
      current.patient && current.patient !== current.id && `patient ${current.patient.replace(/\s*\(.*/, "")}`,
      current.lesion && `with a lesion of ${current.lesion.pixels} pixels`,
      measureChoice.value !== "" &&
        `${optionText(measureChoice)} of ${optionText(armChoice)} ${sorting!.text(number(current), measureChoice.value)}`
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
  for (const choice of [measureChoice, armChoice, directionChoice]) {
    choice.addEventListener("input", (event) => {
      event.stopPropagation();
      draw();
      sorting?.onChange?.(
        measureChoice.value === "" ? null : [measureChoice.value, armChoice.value, directionChoice.value].join(",")
      );
    });
  }
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

function optionText(choice: Element): string {
  return choice.querySelector("select")?.selectedOptions[0]?.textContent ?? "";
}
