import {InputError} from "../errors.js";

/** Where a safetensors file of ours keeps metadata that are more than text. */
const structured = "bandscope.metadata";

/** Metadata of any JSON-like values as safetensors' text-to-text `__metadata__`; `readMetadata` inverts it. */
export function writeMetadata(metadata: Readonly<Record<string, unknown>>): Record<string, string> {
  const entries = Object.entries(metadata);
  const text = entries.filter((entry): entry is [string, string] => typeof entry[1] === "string");
  const other = entries.filter(([, value]) => typeof value !== "string");
  return {
    ...Object.fromEntries(text),
    ...(other.length > 0 && {[structured]: JSON.stringify(Object.fromEntries(other))})
  };
}

/** @throws InputError when what should be JSON is not */
export function readMetadata(metadata: Readonly<Record<string, string>>, source: string): Record<string, unknown> {
  if (!Object.hasOwn(metadata, structured)) return metadata;
  const {[structured]: json, ...text} = metadata;
  let values: unknown;
  try {
    values = JSON.parse(json);
  } catch {
    values = undefined;
  }
  if (typeof values !== "object" || values === null || Array.isArray(values))
    throw new InputError(`${source} is not a valid safetensors file: its metadata ${structured} is not a JSON object`);
  return {...text, ...values};
}
