/** 0, 1, 10, 11, …, 2, 20, …: where a list of numbers goes when it is sorted as text. */
export function textOrder(n: number): number[] {
  return Array.from({length: n}, (_, i) => String(i))
    .sort()
    .map(Number);
}
