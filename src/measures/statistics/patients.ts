import {requireFinite, type Sample} from "./sample.js";

/** Row numbers by label, labels in the order of their first row. */
export function groupRows(labels: readonly string[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  labels.forEach((label, row) => {
    const rows = groups.get(label);
    if (rows === undefined) groups.set(label, [row]);
    else rows.push(row);
  });
  return groups;
}

export interface PatientMeans {
  readonly patients: string[];
  /** Mean of each patient's images, in the order of `patients`. */
  readonly values: Float64Array;
  /** How many images each patient has. */
  readonly sizes: number[];
}

/**
 * One value a patient: the mean over that patient's images. Slices of one patient are not independent, so tests run on
 * these wherever patients are known. @throws RangeError when lengths differ or a value is not finite.
 */
export function patientMeans(values: Sample, patients: readonly string[]): PatientMeans {
  if (values.length !== patients.length) {
    throw new RangeError(`patients must have one label an image: ${values.length}, not ${patients.length}`);
  }
  requireFinite(values, "values");
  const groups = groupRows(patients);
  const means = Float64Array.from(groups.values(), (rows) => {
    let total = 0;
    for (const row of rows) total += values[row];
    return total / rows.length;
  });
  return {patients: [...groups.keys()], values: means, sizes: Array.from(groups.values(), (rows) => rows.length)};
}
