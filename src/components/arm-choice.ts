import {asInput, changed, element} from "./dom.js";
import type {Option} from "./segmented.js";
import {armKey} from "./swatches.js";

let count = 0;

/** Several of many, each in its colour: `least` to `most` of them. Its value is a list in the order of the options. */
export function armChoice(
  options: readonly Option[],
  {
    label,
    value,
    least = 1,
    most = options.length
  }: {label: string; value: readonly string[]; least?: number; most?: number}
) {
  const name = `arms-${++count}`;
  const inputs = options.map((option) => element("input", {type: "checkbox", name, value: option.value}));
  const note = element("span", {class: "most", role: "status"});
  const node = element(
    "fieldset",
    {class: "arm-choice"},
    element("legend", {}, label),
    ...options.map((option, i) => element("label", {}, inputs[i], armKey(option.value), option.label)),
    note
  );
  const get = () => inputs.filter(({checked}) => checked).map((input) => input.value);
  const settle = () => {
    const chosen = get().length;
    for (const input of inputs) {
      input.disabled = input.checked ? chosen <= least : chosen >= most;
      input.parentElement!.classList.toggle("off", input.disabled && !input.checked);
    }
    note.textContent = chosen >= most && most < options.length ? `${most} at most` : "";
  };
  const set = (next: readonly string[]) => {
    for (const input of inputs) input.checked = next.includes(input.value);
    settle();
  };
  set(value);
  for (const input of inputs) {
    input.addEventListener("input", (event) => {
      event.stopPropagation();
      settle();
      changed(node);
    });
  }
  return asInput(node, get, set);
}

/** `hr,ae:x` as it stands in an address, those that there are; `fallback` where fewer than `least` remain. */
export function parseArms(
  text: string,
  known: readonly string[],
  fallback: readonly string[],
  {least = 1, most = known.length}: {least?: number; most?: number} = {}
): string[] {
  const asked = text.split(",");
  const found = known.filter((id) => asked.includes(id)).slice(0, most);
  return found.length >= least ? found : [...fallback];
}
