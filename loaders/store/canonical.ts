import {sha256} from "../files.js";

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | {readonly [key: string]: Json | undefined};

/**
 * JSON text that is the same for equal values: keys sorted, no white space, absent members left out.
 * @throws RangeError on NaN and infinities, which JSON would silently turn into null.
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new RangeError(`invalid value in a recipe: ${value}`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((v: Json) => canonicalJson(v)).join(",")}]`;
  const object = value as {readonly [key: string]: Json | undefined};
  const members = Object.keys(object)
    .filter((key) => object[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key] as Json)}`);
  return `{${members.join(",")}}`;
}

/** The name of whatever a recipe describes: SHA-256 of its canonical JSON, in hex. */
export function recipeHash(recipe: Json): string {
  return sha256(canonicalJson(recipe));
}
