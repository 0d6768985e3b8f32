import {changed, element} from "./dom.js";

/** A control in which a learner says what they expect, as a text that an address can keep. */
export interface Guess {
  readonly node: HTMLElement;
  /** Null until the learner has touched it. */
  value(): string | null;
  /** After the reveal nothing can be changed any more. */
  lock(): void;
}

/** A slider from `min` to `max`; `given` sets and locks it. */
export function sliderGuess({
  label,
  min,
  max,
  step,
  unit,
  given
}: {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly unit: string;
  readonly given: string | null;
}): Guess {
  const input = element("input", {type: "range", min, max, step, "aria-label": label});
  input.value = given ?? String((min + max) / 2);
  const output = element("output", {}, given === null ? "–" : `${input.value.replace("-", "−")} ${unit}`);
  let touched = given !== null;
  const say = () => {
    touched = true;
    output.textContent = `${input.value.replace("-", "−")} ${unit}`;
    input.setAttribute("aria-valuetext", output.textContent);
  };
  const node = element(
    "div",
    {class: "guess slider"},
    element("span", {class: "end"}, `${String(min).replace("-", "−")} ${unit}`),
    input,
    element("span", {class: "end"}, `${max} ${unit}`),
    element("strong", {}, "Your guess: ", output)
  );
  for (const type of ["input", "pointerdown", "keydown"]) {
    input.addEventListener(type, (event) => {
      if (type === "keydown" && (event as KeyboardEvent).key === "Tab") return;
      if (type === "input") event.stopPropagation();
      say();
      changed(node);
    });
  }
  return {
    node,
    value: () => (touched ? input.value : null),
    lock: () => {
      input.disabled = true;
    }
  };
}

let groups = 0;

/** One of several answers. */
export function choiceGuess({
  label,
  options,
  given
}: {
  readonly label: string;
  readonly options: readonly {readonly value: string; readonly label: string}[];
  readonly given: string | null;
}): Guess {
  const name = `guess-${++groups}`;
  const inputs = options.map(({value}) => element("input", {type: "radio", name, value}));
  for (const input of inputs) input.checked = input.value === given;
  const node = element(
    "fieldset",
    {class: "guess"},
    element("legend", {}, label),
    ...options.map((option, i) => element("label", {}, inputs[i], ` ${option.label}`))
  );
  for (const input of inputs) {
    input.addEventListener("input", (event) => {
      event.stopPropagation();
      changed(node);
    });
  }
  return {
    node,
    value: () => inputs.find((input) => input.checked)?.value ?? null,
    lock: () => {
      for (const input of inputs) input.disabled = true;
    }
  };
}

/** Bars to be drawn: a slider a bar, whose lengths become shares of the whole. The value is whole percents: `10-20-30-40`. */
export function barsGuess({
  label,
  bars,
  given
}: {
  readonly label: string;
  readonly bars: readonly {readonly label: string; readonly note: string}[];
  readonly given: string | null;
}): Guess {
  const kept = parsePercents(given, bars.length);
  const start = kept ?? bars.map(() => Math.round(100 / bars.length));
  let touched = kept !== null;
  const rows = bars.map((bar, i) => {
    const input = element("input", {type: "range", min: 0, max: 100, step: 1, "aria-label": bar.label});
    input.value = String(start[i]);
    const fill = element("span", {class: "fill"});
    const output = element("output", {});
    return {
      input,
      fill,
      output,
      node: element(
        "div",
        {class: "bar-row"},
        element("span", {class: "name"}, bar.label, element("span", {class: "sub"}, bar.note)),
        element("span", {class: "track"}, fill, input),
        output
      )
    };
  });
  const node = element(
    "div",
    {class: "guess bars", role: "group", "aria-label": label},
    ...rows.map((row) => row.node)
  );
  const percents = () => {
    const values = rows.map(({input}) => Number(input.value));
    const total = values.reduce((sum, value) => sum + value, 0);
    return roundedToHundred(values.map((value) => (total > 0 ? (100 * value) / total : 100 / values.length)));
  };
  const draw = () => {
    percents().forEach((percent, i) => {
      const {input, fill, output} = rows[i];
      fill.style.width = `${percent}%`;
      output.textContent = touched ? `${percent} %` : "–";
      input.setAttribute("aria-valuetext", `${percent} % of the whole`);
    });
  };
  for (const {input} of rows) {
    input.addEventListener("input", (event) => {
      event.stopPropagation();
      touched = true;
      draw();
      changed(node);
    });
  }
  draw();
  return {
    node,
    value: () => (touched ? percents().join("-") : null),
    lock: () => {
      for (const {input} of rows) input.disabled = true;
    }
  };
}

/** `10-20-30-40` → [10, 20, 30, 40]; null for anything else. */
export function parsePercents(text: string | null, count: number): number[] | null {
  const numbers = text?.split("-").map(Number) ?? [];
  const good = numbers.length === count && numbers.every((one) => Number.isInteger(one) && one >= 0);
  return good && numbers.reduce((sum, one) => sum + one, 0) === 100 ? numbers : null;
}

/** Whole numbers that add up to 100 (largest remainders). */
export function roundedToHundred(shares: readonly number[]): number[] {
  const floors = shares.map(Math.floor);
  const order = shares.map((share, i) => [share - floors[i], i]).sort((a, b) => b[0] - a[0]);
  const left = 100 - floors.reduce((sum, one) => sum + one, 0);
  for (const [, i] of order.slice(0, left)) floors[i]++;
  return floors;
}
