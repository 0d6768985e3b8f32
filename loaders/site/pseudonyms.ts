import {sha256} from "../files.js";

export interface Named {
  readonly id: string;
  readonly set: string;
  readonly patient: string | null;
}

/**
 * Names that say nothing for images and patients: `brain-0001`, `brain-p0001`, numbered by set in the order of a hash of their
 * own names, so that neither a name nor a place in a list can be read off, and the same images get the same names every
 * time. Keyed by the image's own id.
 *
 * A pseudonym, not anonymity: who has the images can find theirs by measuring them.
 */
export function pseudonymsOf(images: readonly Named[]): ReadonlyMap<string, {id: string; patient: string | null}> {
  const number = (names: Iterable<string>, prefix: string) =>
    new Map(
      [...new Set(names)]
        .map((name) => [name, sha256(`${prefix} ${name}`)] as const)
        .sort(([, a], [, b]) => (a < b ? -1 : 1))
        .map(([name], i) => [name, `${prefix}${String(i + 1).padStart(4, "0")}`])
    );
  const result = new Map<string, {id: string; patient: string | null}>();
  for (const set of new Set(images.map((image) => image.set))) {
    const own = images.filter((image) => image.set === set);
    const ids = number(
      own.map(({id}) => id),
      `${set}-`
    );
    const patients = number(
      own.flatMap(({patient}) => (patient === null ? [] : [patient])),
      `${set}-p`
    );
    for (const {id, patient} of own) {
      result.set(id, {id: ids.get(id)!, patient: patient === null ? null : patients.get(patient)!});
    }
  }
  return result;
}
