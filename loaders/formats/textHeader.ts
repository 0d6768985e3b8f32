import {InputError} from "../../models/errors.js";

/** Longest header that is looked at. */
const limit = 1 << 20;

/**
 * The lines of a text header up to the one that `isLast`, and the offset behind that. `complete` is false when no line
 * was the last.
 */
export function headerText(
  bytes: Uint8Array,
  isLast: (line: string) => boolean
): {lines: string[]; end: number; complete: boolean} {
  const decoder = new TextDecoder("latin1");
  const lines: string[] = [];
  let start = 0;
  const most = Math.min(bytes.length, limit);
  while (start < most) {
    let end = bytes.indexOf(10, start);
    if (end < 0 || end > most) end = most;
    const line = decoder.decode(bytes.subarray(start, end)).replace(/\r$/, "");
    start = Math.min(bytes.length, end + 1);
    lines.push(line);
    if (isLast(line)) return {lines, end: start, complete: true};
  }
  return {lines, end: start, complete: false};
}

/** `count` numbers written as text. @throws InputError when there are fewer, or something else among them. */
export function numbersFromText(bytes: Uint8Array, count: number, source: string): Float64Array {
  // a number and its separator take two bytes at least
  if (!(count <= bytes.length)) {
    throw new InputError(
      `${source} is cut short: its header claims ${count} numbers, and it holds ${bytes.length} bytes of text`
    );
  }
  const texts = new TextDecoder("latin1")
    .decode(bytes)
    .split(/[\s,]+/)
    .filter((text) => text !== "");
  if (texts.length < count)
    throw new InputError(`${source} is cut short: its header claims ${count} numbers, and it holds ${texts.length}`);
  const result = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    result[i] = Number(texts[i]);
    if (Number.isNaN(result[i]) && texts[i].toLowerCase() !== "nan") {
      throw new InputError(`${source} has ${JSON.stringify(texts[i].slice(0, 40))} where a number should be`);
    }
  }
  return result;
}
