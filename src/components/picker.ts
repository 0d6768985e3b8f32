import {asInput, changed, element} from "./dom.js";
import type {Option} from "./segmented.js";
import {dropdown} from "./segmented.js";
import type {SiteImage, SiteIndex} from "./site-data.js";

/** The number of an image in an arm. */
export type Numbers = (image: string, arm: string) => number | undefined;

/** The numbers by which thumbnails can be ordered: a measure of an arm. */
export interface Sorting {
  readonly measures: readonly Option[];
  readonly arms: readonly Option[];
  /** One measure of a set, fetched when it is first sorted by. */
  readonly column: (set: string, measure: string) => Promise<Numbers>;
  /** The number with its unit, as a reader sees it. */
  readonly text: (value: number | undefined, measure: string) => string;
  /** `psnr,ae:x,down`: the choice to begin with. */
  readonly value?: string;
  /** Told when the choice changes; null for the order of names. */
  readonly onChange?: (value: string | null) => void;
}

/**
 * Thumbnails of one set at a time; its value is an image's id. Arrow keys go through them (as in any radio group). A thumbnail's sheet
 * is fetched when it comes near.
 * `imageUrl` gives the address of a picture of the site.
 */
export function picker(
  index: SiteIndex,
  {value, sorting, imageUrl}: {value?: string; sorting?: Sorting; imageUrl: (file: string) => string}
) {
  const {images, sets, thumbnails} = index;
  let current = images.find((image) => image.id === value) ?? images[0];
  const places = new Map(images.map((image, i) => [image, i]));
  /** The images of the set in the order in which they stand, and the numbers that it is by. */
  let order: readonly SiteImage[] = [];
  let numbers: Numbers | null = null;

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
  const lesionKey = element("span", {class: "lesion-key"});
  const node = element(
    "div",
    {class: "picker"},
    element("div", {class: "controls"}, setChoice, sorting && measureChoice, armChoice, directionChoice, lesionKey),
    strip,
    chosen
  );

  const near =
    typeof IntersectionObserver === "undefined"
      ? null
      : new IntersectionObserver(
          (entries) => {
            for (const {isIntersecting, target} of entries) {
              if (!isIntersecting) continue;
              near!.unobserve(target);
              paint(target as HTMLElement);
            }
          },
          {root: strip, rootMargin: "0px 640px"}
        );

  function paint(tile: HTMLElement): void {
    const place = Number(tile.dataset.place) % thumbnails.each;
    const file = thumbnails.files[Math.floor(Number(tile.dataset.place) / thumbnails.each)];
    const x = (place % thumbnails.columns) * thumbnails.size;
    const y = Math.floor(place / thumbnails.columns) * thumbnails.size;
    tile.style.backgroundImage = `url("${imageUrl(file)}")`;
    tile.style.backgroundPosition = `-${x}px -${y}px`;
  }

  const tiles = new Map<SiteImage, HTMLButtonElement>();
  function tileOf(image: SiteImage): HTMLButtonElement {
    const known = tiles.get(image);
    if (known !== undefined) return known;
    const named = thumbnails.files.length === 0;
    const tile = element("button", {
      type: "button",
      role: "radio",
      "aria-checked": "false",
      "aria-label": image.id,
      title: image.lesion ? `${image.id}, with a lesion` : image.id,
      class: [image.lesion && "lesion", named && "named"].filter(Boolean).join(" ") || null,
      tabindex: -1,
      "data-place": places.get(image)!,
      onclick: () => choose(image, true)
    });
    tiles.set(image, tile);
    if (named) tile.append(image.id);
    else if (near) near.observe(tile);
    else paint(tile);
    return tile;
  }

  /** Puts the thumbnails in order, at once or when the numbers are there. */
  function draw(): void {
    const own = images.filter((image) => image.set === current.set);
    lesionKey.textContent = ringMeaning(own);
    lesionKey.hidden = lesionKey.textContent === "";
    const [measure, arm] = [measureChoice.value, armChoice.value];
    const place = (next: readonly SiteImage[], by: Numbers | null) => {
      order = next;
      numbers = by;
      strip.replaceChildren(...order.map(tileOf));
      mark();
    };
    if (measure === "" || sorting === undefined) {
      place(own, null);
      return;
    }
    // of another set, none: till the numbers are there, by name
    if (order[0]?.set !== current.set) place(own, null);
    void sorting.column(current.set, measure).then((by) => {
      if (own[0].set !== current.set || measureChoice.value !== measure || armChoice.value !== arm) return;
      const sign = directionChoice.value === "down" ? -1 : 1;
      // those without a number come last either way
      const key = new Map(own.map((image) => [image, (by(image.id, arm) ?? sign * Infinity) * sign]));
      place(
        own.sort((a, b) => key.get(a)! - key.get(b)!),
        by
      );
    });
  }

  /** Says which thumbnail is chosen. */
  function mark(focus = false): void {
    for (const tile of strip.querySelectorAll('[aria-checked="true"]')) {
      tile.setAttribute("aria-checked", "false");
      tile.setAttribute("tabindex", "-1");
    }
    const selected = tileOf(current);
    selected.setAttribute("aria-checked", "true");
    selected.setAttribute("tabindex", "0");
    armChoice.hidden = directionChoice.hidden = sorting === undefined || measureChoice.value === "";
    chosen.textContent = [
      current.id,
      current.modality,
      current.patient && current.patient !== current.id && `patient ${current.patient.replace(/\s*\(.*/, "")}`,
      current.lesion && `with a lesion of ${current.lesion.pixels} pixels`,
      numbers !== null &&
        `${optionText(measureChoice)} of ${optionText(armChoice)} ${sorting!.text(numbers(current.id, armChoice.value), measureChoice.value)}`
    ]
      .filter(Boolean)
      .join(" · ");
    if (focus) selected.focus();
    strip.scrollLeft = Math.max(0, selected.offsetLeft - strip.offsetLeft - strip.clientWidth / 2 + 32);
  }

  function choose(image: SiteImage, focus = false): void {
    if (image === current) return;
    const sameSet = image.set === current.set;
    current = image;
    setChoice.value = image.set;
    if (sameSet) mark(focus);
    else draw();
    changed(node);
  }

  strip.addEventListener("keydown", (event) => {
    const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
    const own = order;
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
      const sameSet = image.set === current.set;
      current = image;
      setChoice.value = image.set;
      if (sameSet) mark();
      else draw();
    }
  );
}

/** What the ring on some thumbnails means; empty where none has one. */
export function ringMeaning(images: readonly Pick<SiteImage, "lesion">[]): string {
  return images.some(({lesion}) => lesion !== undefined) ? "○ with a lesion" : "";
}

function optionText(choice: Element): string {
  return choice.querySelector("select")?.selectedOptions[0]?.textContent ?? "";
}
