import type {Dataset, Entry} from "../datasets/dataset.js";
import type {Split} from "../datasets/sample.js";

/**
 * At most `count` images of a dataset: the middle one of every patient, then everyone's next nearest to the middle. Where
 * there are more patients than that, files are taken at even distances, of simulated patients the first. The result keeps the
 * dataset's order.
 */
export function selectImages(dataset: Dataset, split: Split | undefined, count: number | undefined): Entry[] {
  const entries = dataset.list().filter((entry) => split === undefined || entry.split === split);
  if (count === undefined || entries.length <= count) return entries;
  const patients = new Map<string, number[]>();
  for (const [i, {patient}] of entries.entries()) {
    const own = patients.get(patient);
    if (own === undefined) patients.set(patient, [i]);
    else own.push(i);
  }
  const turns: number[][] = [];
  for (const own of patients.values()) {
    const middle = own.length >> 1;
    const nearest = own.map((_, k) => k).sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle) || a - b);
    for (const [turn, k] of nearest.entries()) {
      turns[turn] ??= [];
      turns[turn].push(own[k]);
    }
  }
  const chosen: number[] = [];
  for (const turn of turns) {
    const left = count - chosen.length;
    if (left <= 0) break;
    turn.sort((a, b) => a - b);
    if (turn.length <= left) chosen.push(...turn);
    else if (dataset.simulated) chosen.push(...turn.slice(0, left));
    else chosen.push(...Array.from({length: left}, (_, k) => turn[Math.floor((k * turn.length) / left)]));
  }
  return chosen.sort((a, b) => a - b).map((i) => entries[i]);
}
