/** A list of real numbers: a plain array or a typed one. */
export type Sample = ArrayLike<number>;

/** Checks that every value is finite. @throws RangeError that names the first one that is not. */
export function requireFinite(values: Sample, name: string): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) throw new RangeError(`${name}[${i}] must be a finite number, not ${values[i]}`);
  }
}

/** Checks that two samples belong together value by value. @throws RangeError when their lengths differ. */
export function requireSameLength(a: Sample, b: Sample, names: string): void {
  if (a.length !== b.length)
    throw new RangeError(`${names} must have the same length, not ${a.length} and ${b.length}`);
}

/** aᵢ − bᵢ. @throws RangeError when the lengths differ or a value is not finite. */
export function differences(a: Sample, b: Sample): Float64Array {
  requireSameLength(a, b, "a and b");
  requireFinite(a, "a");
  requireFinite(b, "b");
  return Float64Array.from({length: a.length}, (_, i) => a[i] - b[i]);
}
