/**
 * The permutation π that maximises Σ score[i · n + π(i)] (linear assignment): shortest augmenting paths with potentials
 * (Kuhn 1955; Jonker & Volgenant 1987), O(n³) at worst. `potentials` may hold a guess of the columns' prices that makes it
 * quick; where row i is content with column i, it keeps it, so that ties never leave the identity.
 * @throws RangeError when the scores are not n × n finite numbers.
 */
export function assign(score: Float32Array | Float64Array, n: number, potentials?: Float64Array): Int32Array {
  if (score.length !== n * n) throw new RangeError(`score must have ${n * n} values, not ${score.length}`);
  const price = potentials === undefined ? new Float64Array(n) : Float64Array.from(potentials);
  const profit = new Float64Array(n);
  const rowOf = new Int32Array(n).fill(-1);
  const columnOf = new Int32Array(n).fill(-1);
  for (let i = 0; i < n; i++) {
    let best = i;
    let most = score[i * n + i] - price[i];
    for (let j = 0; j < n; j++) {
      const value = score[i * n + j] - price[j];
      if (!(value > -Infinity && value < Infinity))
        throw new RangeError(`score must be finite, not ${score[i * n + j]}`);
      if (value > most) {
        most = value;
        best = j;
      }
    }
    profit[i] = most;
    if (rowOf[best] < 0) {
      rowOf[best] = i;
      columnOf[i] = best;
    }
  }
  const slack = new Float64Array(n);
  const previous = new Int32Array(n);
  const done = new Uint8Array(n);
  for (let free = 0; free < n; free++) {
    if (columnOf[free] >= 0) continue;
    slack.fill(Infinity);
    done.fill(0);
    const reached: number[] = [];
    let row = free;
    let distance = 0;
    let column = -1;
    for (;;) {
      let nearest = Infinity;
      for (let j = 0; j < n; j++) {
        if (done[j]) continue;
        const d = distance + profit[row] + price[j] - score[row * n + j];
        if (d < slack[j]) {
          slack[j] = d;
          previous[j] = row;
        }
        if (slack[j] < nearest) {
          nearest = slack[j];
          column = j;
        }
      }
      distance = nearest;
      done[column] = 1;
      if (rowOf[column] < 0) break;
      reached.push(column);
      row = rowOf[column];
    }
    profit[free] -= distance;
    for (const j of reached) {
      price[j] += distance - slack[j];
      profit[rowOf[j]] -= distance - slack[j];
    }
    for (let j = column; ; ) {
      const i = previous[j];
      const next = columnOf[i];
      rowOf[j] = i;
      columnOf[i] = j;
      if (i === free) break;
      j = next;
    }
  }
  return columnOf;
}

/** The cycles of a permutation that move something, each starting at its smallest member. */
export function cyclesOf(permutation: ArrayLike<number>): number[][] {
  const seen = new Uint8Array(permutation.length);
  const cycles: number[][] = [];
  for (let i = 0; i < permutation.length; i++) {
    if (seen[i] || permutation[i] === i) continue;
    const cycle: number[] = [];
    for (let j = i; !seen[j]; j = permutation[j]) {
      seen[j] = 1;
      cycle.push(j);
    }
    cycles.push(cycle);
  }
  return cycles;
}
