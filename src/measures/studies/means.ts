import {mean, standardDeviation} from "../statistics/descriptive.js";
import {patientMeans} from "../statistics/patients.js";
import {meanInterval, type Resampling} from "./resampling.js";
import {imageValues, type ResultRow, type Selection} from "./rows.js";

export type {Resampling} from "./resampling.js";

/** The mean of a measure over patients: each patient counts once, with the mean of its images, these with the mean of their seeds. */
export interface StudyMean {
  readonly mean: number | null;
  /** Between patients (images, where patients are not known), ddof 1. */
  readonly sd: number | null;
  /** 95 % bootstrap interval (percentile), patients resampled. */
  readonly low: number | null;
  readonly high: number | null;
  readonly nImages: number;
  /** Null where patients are not known: the images then count as units. */
  readonly nPatients: number | null;
  /** The most that an image has; 1 where nothing is random. */
  readonly seeds: number;
  /** Images that were left out because their value is infinite, and because it is absent. */
  readonly infinite: number;
  readonly absent: number;
}

/** The mean of one measure of one arm on one set, with its interval. `mean` is null where no image has the measure. */
export function armMean(rows: readonly ResultRow[], selection: Selection, resampling: Resampling = {}): StudyMean {
  const values: number[] = [];
  const patients: (string | null)[] = [];
  let [infinite, absent, seeds] = [0, 0, 0];
  for (const {value, patient, seeds: own} of imageValues(rows, selection)) {
    if (value === null) absent++;
    else if (!Number.isFinite(value)) infinite++;
    else {
      values.push(value);
      patients.push(patient);
      seeds = Math.max(seeds, own);
    }
  }
  const units = unitsOf(values, patients);
  const interval = meanInterval(units.values, resampling);
  return {
    mean: mean(units.values) ?? null,
    sd: standardDeviation(units.values) ?? null,
    low: interval?.[0] ?? null,
    high: interval?.[1] ?? null,
    nImages: values.length,
    nPatients: units.patients?.length ?? null,
    seeds,
    infinite,
    absent
  };
}

/** Patients' means where every value has a patient, else the values themselves. */
export function unitsOf(
  values: readonly number[],
  patients: readonly (string | null)[]
): {values: ArrayLike<number>; patients: string[] | null} {
  if (values.length === 0 || patients.some((patient) => patient === null)) return {values, patients: null};
  return patientMeans(values, patients as string[]);
}
