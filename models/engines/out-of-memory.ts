import {InputError} from "../errors.js";

const advice = "smaller images or a smaller batch need less";

/** The wasm engine's memory is full. */
export function wasmIsFull(cause?: unknown): InputError {
  return new InputError(
    `the wasm engine's memory is full (4 GiB are all that it can have): ${advice}, and the native engine (bandscope setup-native) has all of the machine's`,
    {cause}
  );
}

/** What an engine throws when memory is not enough, as a sentence for a person; undefined where it is another error. */
export function outOfMemory(error: unknown): InputError | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === "RuntimeError" && /^Aborted\(|out of bounds/.test(error.message)) return wasmIsFull(error);
  const [, shape] = /OOM when allocating tensor with shape\s*(\[[\d, ]*\])/.exec(error.message) ?? [];
  if (shape !== undefined || /^(Array buffer allocation failed|Invalid typed array length)/.test(error.message)) {
    const what = shape === undefined ? "" : ` for a tensor of shape ${shape}`;
    return new InputError(`there is not enough memory${what}: ${advice}`, {cause: error});
  }
  return undefined;
}
