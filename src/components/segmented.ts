import {asInput, changed, element} from "./dom.js";

export interface Option {
  readonly value: string;
  readonly label: string;
}

let count = 0;

/** A choice among a few, all in sight. */
export function segmented(
  options: readonly Option[],
  {label, value, name = `segmented-${++count}`}: {label: string; value?: string; name?: string}
) {
  const inputs = options.map((option) => element("input", {type: "radio", name, value: option.value}));
  const node = element(
    "fieldset",
    {class: "segmented"},
    element("legend", {}, label),
    ...options.map((option, i) => element("label", {}, inputs[i], option.label))
  );
  const set = (next: string) => {
    for (const input of inputs) input.checked = input.value === next;
  };
  set(value ?? options[0].value);
  for (const input of inputs) {
    input.addEventListener("input", (event) => {
      event.stopPropagation(); // the group says it, once its value is settled
      changed(node);
    });
  }
  return asInput(node, () => inputs.find((input) => input.checked)?.value ?? options[0].value, set);
}

/** Options under a heading of their own. */
export interface OptionGroup {
  readonly label: string;
  readonly options: readonly Option[];
}

/** A choice among many. */
export function dropdown(options: readonly (Option | OptionGroup)[], {label, value}: {label: string; value?: string}) {
  const item = ({value, label}: Option) => element("option", {value}, label);
  const select = element(
    "select",
    {},
    ...options.map((one) =>
      "options" in one ? element("optgroup", {label: one.label}, ...one.options.map(item)) : item(one)
    )
  );
  if (value !== undefined) select.value = value;
  const node = element("label", {class: "choice"}, label, select);
  select.addEventListener("input", (event) => {
    event.stopPropagation();
    changed(node);
  });
  return asInput(
    node,
    () => select.value,
    (next: string) => {
      select.value = next;
    }
  );
}
