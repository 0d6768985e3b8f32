import type {Sample} from "./sample.js";

/** Ranks from 1, ties share their average; `tieTerm` is Σ(t³ − t) over the groups of t equal values. */
export function averageRanks(values: Sample): {ranks: Float64Array; tieTerm: number} {
  const n = values.length;
  const order = Array.from({length: n}, (_, i) => i).sort((i, j) => values[i] - values[j]);
  const ranks = new Float64Array(n);
  let tieTerm = 0;
  for (let start = 0; start < n; ) {
    let end = start + 1;
    while (end < n && values[order[end]] === values[order[start]]) end++;
    const size = end - start;
    for (let k = start; k < end; k++) ranks[order[k]] = (start + 1 + end) / 2;
    tieTerm += size * size * size - size;
    start = end;
  }
  return {ranks, tieTerm};
}
