/**
 * Holm's step-down adjustment (1979) of log10 p-values, in the order given: log10 of max over smaller p of
 * (m − rank + 1)·p, at most 0. In logarithms, so p = 1e-400 keeps its place. Absent tests (null) stay absent and do
 * not count. @throws RangeError when a value is NaN or above 0.
 */
export function holm(log10ps: readonly (number | null)[]): (number | null)[] {
  const present = log10ps.flatMap((value, at) => (value === null ? [] : [{value, at}]));
  for (const {value, at} of present) {
    if (!(value <= 0)) throw new RangeError(`log10p[${at}] must be at most 0, not ${value}`);
  }
  present.sort((a, b) => a.value - b.value || a.at - b.at);
  const adjusted: (number | null)[] = log10ps.map(() => null);
  let highest = -Infinity;
  present.forEach(({value, at}, rank) => {
    highest = Math.max(highest, Math.min(0, value + Math.log10(present.length - rank)));
    adjusted[at] = highest;
  });
  return adjusted;
}
