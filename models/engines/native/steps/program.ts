/** An operation's attribute, as tfjs-node's binding takes it. */
export interface Attribute {
  readonly name: string;
  /** `TF_AttrType` */
  readonly type: number;
  readonly value: string | number | boolean | readonly (number | boolean)[];
}

export interface Operation {
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

export interface Constant {
  readonly slot: number;
  /** `TF_DataType` */
  readonly type: number;
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array | Uint8Array;
}

/** Operations in the order in which they ran. Tensors are numbered: what was given comes first, then constants and results. */
export interface Recording {
  readonly slots: number;
  readonly constants: readonly Constant[];
  readonly operations: readonly Operation[];
  readonly results: readonly number[];
}

/** A recording, and after each operation what is not needed any more. */
export interface Program extends Omit<Recording, "operations"> {
  readonly operations: readonly (Operation & {readonly freed: readonly number[]})[];
}

/** Leaves out what no result depends on, and frees every tensor after its last use. */
export function programOf(recording: Recording, given: number): Program {
  const needed = new Set(recording.results);
  const kept: Operation[] = [];
  for (const operation of [...recording.operations].reverse()) {
    if (!operation.outputs.some((slot) => needed.has(slot))) continue;
    for (const slot of operation.inputs) needed.add(slot);
    kept.unshift(operation);
  }
  const constants = recording.constants.filter(({slot}) => needed.has(slot));
  const lasting = new Set([...recording.results, ...constants.map(({slot}) => slot)]);
  const freed = new Set<number>();
  const operations = kept.map((operation) => ({...operation, freed: [] as number[]}));
  for (const operation of [...operations].reverse()) {
    for (const slot of new Set([...operation.inputs, ...operation.outputs])) {
      if (slot < given || lasting.has(slot) || freed.has(slot)) continue;
      freed.add(slot);
      operation.freed.push(slot);
    }
  }
  return {...recording, constants, operations};
}
