import {InputError} from "../errors.js";
import {Inert} from "./pickle.js";
import {printable} from "./printable.js";
import {TensorRef} from "./torch-tensor.js";

/** Under which keys training code puts the weights, first choice first. */
const wrappers = ["state_dict", "params_ema", "params", "model_state_dict", "state_dict_ema", "model", "net"];

const maxDepth = 64;

/**
 * Finds the named tensors in what a PyTorch file holds: a state_dict itself, one in a dictionary under a usual key (Lightning's
 * `state_dict`, BasicSR's `params_ema`), or a whole pickled module. `rest` is what stands around it.
 * @throws InputError when there is none
 */
export function findStateDict(
  root: unknown,
  source: string
): {tensors: Map<string, TensorRef>; rest: ReadonlyMap<unknown, unknown>} {
  const own = namedTensors(root, source);
  if (own !== undefined) return {tensors: own, rest: new Map()};
  if (root instanceof Map) {
    for (const key of wrappers) {
      const tensors = namedTensors(root.get(key), source);
      if (tensors !== undefined) return {tensors, rest: new Map([...root].filter(([name]) => name !== key))};
    }
    const keys = [...root.keys()]
      .slice(0, 8)
      .map((key) => (typeof key === "string" ? printable(key) : typeof key))
      .join(", ");
    throw new InputError(
      `${source} holds no state_dict: expected tensors by name, or them under ${wrappers.join(", ")}, found ${keys || "nothing"}`
    );
  }
  throw new InputError(`${source} holds no state_dict: expected a dictionary of tensors by name`);
}

/**
 * Metadata as plain JSON-like values: dictionaries with text keys, the attributes of namespaces and the like. What has no such form (a
 * tensor, an optimizer's state) is left out.
 */
export function plainMetadata(rest: ReadonlyMap<unknown, unknown>): Record<string, unknown> {
  const budget = {nodes: 100_000};
  const skipped = new Set<unknown>(["optimizer_states", "lr_schedulers", "optimizer", "callbacks", "loops"]);
  const kept = new Map([...rest].filter(([key]) => !skipped.has(key)));
  return (plain(kept, 0, budget) ?? {}) as Record<string, unknown>;
}

/** The tensors of a state_dict or module, or `undefined` when it is neither. */
function namedTensors(value: unknown, source: string): Map<string, TensorRef> | undefined {
  if (value instanceof Inert) return moduleTensors(value, source);
  if (!(value instanceof Map) || value.size === 0) return undefined;
  const tensors = new Map<string, TensorRef>();
  for (const [name, item] of value) {
    // a state_dict may hold "extra state" beside its tensors, but a dictionary of dictionaries is something else
    if (item instanceof Map || typeof name !== "string") return undefined;
    if (item instanceof TensorRef) tensors.set(name, item);
  }
  return tensors.size > 0 ? tensors : undefined;
}

/** Walks a pickled torch.nn.Module as its `state_dict()` would. */
function moduleTensors(root: Inert, source: string): Map<string, TensorRef> | undefined {
  const tensors = new Map<string, TensorRef>();
  let modules = 0;
  const walk = (module: Inert, prefix: string, depth: number): void => {
    // modules that hold one another several times over would make this walk endless
    if (++modules > 100_000) throw new InputError(`${source} holds a module of more than 100,000 parts`);
    if (depth > maxDepth)
      throw new InputError(`${source} holds a module that is nested deeper than ${maxDepth} levels`);
    if (!(module.state instanceof Map)) return;
    for (const kind of ["_parameters", "_buffers"]) {
      for (const [name, item] of entriesOf(module.state.get(kind)))
        if (item instanceof TensorRef && typeof name === "string") tensors.set(`${prefix}${name}`, item);
    }
    for (const [name, item] of entriesOf(module.state.get("_modules")))
      if (item instanceof Inert && typeof name === "string") walk(item, `${prefix}${name}.`, depth + 1);
  };
  walk(root, "", 0);
  return tensors.size > 0 ? tensors : undefined;
}

function entriesOf(value: unknown): Iterable<[unknown, unknown]> {
  return value instanceof Map ? value : [];
}

function plain(value: unknown, depth: number, budget: {nodes: number}): unknown {
  if (depth > maxDepth || budget.nodes-- <= 0) return undefined;
  if (value === null || typeof value === "boolean" || typeof value === "number" || typeof value === "string")
    return value;
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1, budget) ?? null);
  if (value instanceof Set) return [...value].map((item) => plain(item, depth + 1, budget) ?? null);
  if (value instanceof Map) return record(value, depth, budget);
  if (value instanceof Inert) {
    if (value.items.size > 0) return record(value.items, depth, budget);
    if (value.state instanceof Map) return record(value.state, depth, budget);
    return `<${value.className}>`;
  }
  return undefined;
}

function record(map: ReadonlyMap<unknown, unknown>, depth: number, budget: {nodes: number}): Record<string, unknown> {
  const pairs: [string, unknown][] = [];
  for (const [key, item] of map) {
    if (typeof key !== "string" && typeof key !== "number") continue;
    const text = plain(item, depth + 1, budget);
    if (text !== undefined) pairs.push([String(key), text]);
  }
  // fromEntries defines own properties: a key "__proto__" stays a key
  return Object.fromEntries(pairs);
}
