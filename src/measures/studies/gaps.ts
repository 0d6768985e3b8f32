import {bootstrap, bootstrapMean} from "../statistics/bootstrap.js";
import {cohensDz} from "../statistics/cohens-dz.js";
import {cohensH} from "../statistics/cohens-h.js";
import {mean, standardDeviation} from "../statistics/descriptive.js";
import {holm} from "../statistics/holm.js";
import {comparePaired, type PairedComparison} from "../statistics/paired-comparison.js";
import {patientMeans} from "../statistics/patients.js";
import {type TostResult, tost} from "../statistics/tost.js";
import {type Measure, measureOf} from "../tables/measures.js";
import {unitsOf} from "./means.js";
import {meanInterval, type Resampling} from "./resampling.js";
import {imageValues, type Pairing, type ResultRow} from "./rows.js";

/** Two arms on one set. */
export interface PairSelection {
  readonly set: string;
  readonly a: string;
  readonly b: string;
  readonly measure: string;
  readonly pairing?: Pairing;
  /** One seed only, in arms that have seeds. */
  readonly seed?: number;
  /** These seeds only, in arms that have seeds. */
  readonly seeds?: readonly number[];
}

/** B − A: how many units (patients) there are, the mean difference and its interval. */
export interface Gap {
  /** Mean over patients of B − A. */
  readonly mean: number;
  /** Between patients, ddof 1; null for one. */
  readonly sd: number | null;
  /** 95 % bootstrap interval (percentile), patients resampled. */
  readonly low: number | null;
  readonly high: number | null;
  readonly dz: number | null;
  readonly nImages: number;
  /** Null where patients are not known: the images then count as units. */
  readonly nPatients: number | null;
  /** Images of which a value is absent or infinite. */
  readonly leftOut: number;
  /** B − A of each unit: a patient, or an image where patients are not known. */
  readonly units: ReadonlyMap<string, number>;
}

interface Pairs {
  readonly images: string[];
  readonly a: number[];
  readonly b: number[];
  readonly patients: (string | null)[];
  readonly leftOut: number;
}

/** Pairs by the image's id, never by position; each value is the mean over the arm's own seeds. */
function pairsOf(rows: readonly ResultRow[], {a, b, ...selection}: PairSelection): Pairs {
  const of = (arm: string) => imageValues(rows, {...selection, arm});
  const others = new Map(of(b).map((one) => [one.image, one.value]));
  const pairs: Pairs = {images: [], a: [], b: [], patients: [], leftOut: 0};
  let leftOut = 0;
  for (const {image, patient, value} of of(a)) {
    const other = others.get(image);
    if (other === undefined) continue;
    if (value === null || other === null || !Number.isFinite(value) || !Number.isFinite(other)) {
      leftOut++;
      continue;
    }
    pairs.images.push(image);
    pairs.a.push(value);
    pairs.b.push(other);
    pairs.patients.push(patient);
  }
  return {...pairs, leftOut};
}

/** The mean difference B − A of a measure over patients; null where no image has it in both arms. */
export function gap(rows: readonly ResultRow[], selection: PairSelection, resampling: Resampling = {}): Gap | null {
  const {images, a, b, patients, leftOut} = pairsOf(rows, selection);
  if (images.length === 0) return null;
  const differences = b.map((value, i) => value - a[i]);
  const {values, patients: known} = unitsOf(differences, patients);
  return {
    ...gapOfUnits(new Map((known ?? images).map((unit, i) => [unit, values[i]])), resampling),
    nImages: images.length,
    nPatients: known?.length ?? null,
    leftOut
  };
}

/**
 * How much larger one gap is than another, unit by unit: is a gap stable under a change? Null where no unit has both.
 * With `margin`, also whether the two are equivalent within it.
 */
export function gapDifference(
  one: Gap,
  other: Gap,
  {margin, ...resampling}: Resampling & {margin?: number} = {}
): (Pick<Gap, "mean" | "sd" | "low" | "high" | "dz"> & {n: number; tost: TostResult | null}) | null {
  const units = new Map<string, number>();
  for (const [unit, value] of one.units) {
    const base = other.units.get(unit);
    if (base !== undefined) units.set(unit, value - base);
  }
  if (units.size === 0) return null;
  const {units: _, ...numbers} = gapOfUnits(units, resampling);
  return {...numbers, n: units.size, tost: margin === undefined ? null : tost([...units.values()], margin)};
}

/** The numbers of a gap from its units' differences; there must be one at least. */
export function gapOfUnits(units: ReadonlyMap<string, number>, resampling: Resampling) {
  const values = [...units.values()];
  const interval = meanInterval(values, resampling);
  return {
    mean: mean(values)!,
    sd: standardDeviation(values) ?? null,
    low: interval?.[0] ?? null,
    high: interval?.[1] ?? null,
    dz: cohensDz(values) ?? null,
    units
  };
}

/**
 * Everything that is asked of two arms of a study on one set. All differences are B − A (`comparePaired` of B and A), so
 * they are positive where B has the higher value; `meanA` and `meanB` are those of the arms that they name. Levels: the mean
 * over an arm's seeds, then over a patient's images. Tests, effect sizes and the bootstrap run on patients' means.
 */
export interface StudyDifference extends PairedComparison {
  readonly a: string;
  readonly b: string;
  readonly set: string;
  readonly pairing: Pairing;
  /** Key of the measure. */
  readonly measure: string;
  readonly flavour: string;
  readonly unit: string;
  readonly better: Measure["better"];
  readonly leftOut: number;
  /** Cohen's h of the two mean rates, B against A; null for what is no rate. */
  readonly cohensH: number | null;
  /** 95 % bootstrap interval (percentile) of h, patients resampled. */
  readonly cohensHInterval: readonly [number, number] | null;
  /**
   * Rates only: TOST of 2·asin √rate, patient by patient, with the margin in units of h: small is not equivalent, this is.
   * Null without `marginH`.
   */
  readonly tostH: TostResult | null;
}

/** Measures that are shares of pixels, of which Cohen's h speaks. */
export const rateMeasures: readonly string[] = [
  "hallu_rate",
  "loss_rate",
  "rate_absolute",
  "rate_brighter",
  "rate_darker"
];

/** Compares two arms of a study; null where no image has the measure in both. */
export function compareStudyArms(
  rows: readonly ResultRow[],
  selection: PairSelection,
  {margin, marginH, ...resampling}: Resampling & {margin?: number; marginH?: number} = {}
): StudyDifference | null {
  const {images, a, b, patients, leftOut} = pairsOf(rows, selection);
  if (images.length === 0) return null;
  const known = patients.every((patient) => patient !== null) ? (patients as string[]) : undefined;
  const {meanA, meanB, ...comparison} = comparePaired(b, a, {patients: known, margin, ...resampling});
  const units =
    known === undefined
      ? undefined
      : patientMeans(
          b.map((value, i) => value - a[i]),
          known
        );
  const rates = rateMeasures.includes(selection.measure)
    ? rateDifferenceOf({a, b, patients}, marginH, resampling)
    : null;
  const {key, flavour, unit, better} = measureOf(selection.measure);
  return {
    a: selection.a,
    b: selection.b,
    set: selection.set,
    pairing: selection.pairing ?? "correct",
    measure: key,
    flavour,
    unit,
    better,
    leftOut,
    ...comparison,
    // `comparePaired` was given B first
    meanA: meanB,
    meanB: meanA,
    // of the same mean over patients that `meanDifference` is
    bootstrap:
      units === undefined
        ? comparison.bootstrap
        : bootstrapMean(units.values, {clusters: units.patients, ...resampling}),
    ...(rates ?? {cohensH: null, cohensHInterval: null, tostH: null})
  };
}

/** What `compareStudyArms` says of rates, without all the rest. */
export type RateDifference = Pick<
  StudyDifference,
  "cohensH" | "cohensHInterval" | "tostH" | "nImages" | "nPatients" | "leftOut"
>;

/** Cohen's h of the mean rates of two arms, B against A; null where no image has the measure in both. */
export function rateDifference(
  rows: readonly ResultRow[],
  selection: PairSelection,
  {marginH, ...resampling}: Resampling & {marginH?: number} = {}
): RateDifference | null {
  const pairs = pairsOf(rows, selection);
  if (pairs.images.length === 0) return null;
  return {
    ...rateDifferenceOf(pairs, marginH, resampling),
    nImages: pairs.images.length,
    nPatients: unitsOf(pairs.a, pairs.patients).patients?.length ?? null,
    leftOut: pairs.leftOut
  };
}

function rateDifferenceOf(
  {a, b, patients}: Pick<Pairs, "a" | "b" | "patients">,
  marginH: number | undefined,
  resampling: Resampling
): Pick<StudyDifference, "cohensH" | "cohensHInterval" | "tostH"> {
  const [unitsA, unitsB] = [a, b].map((values) => unitsOf(values, patients).values);
  const angle = (p: number) => 2 * Math.asin(Math.sqrt(p));
  const angles = unitsOf(
    b.map((value, i) => angle(value) - angle(a[i])),
    patients
  ).values;
  return {
    cohensH: cohensH(mean(unitsB)!, mean(unitsA)!),
    cohensHInterval: intervalOfH(unitsA, unitsB, resampling),
    tostH: marginH === undefined ? null : tost(angles, marginH)
  };
}

function intervalOfH(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  resampling: Resampling
): readonly [number, number] | null {
  const h = (rows: Int32Array) => {
    let [sumA, sumB] = [0, 0];
    for (const row of rows) {
      sumA += a[row];
      sumB += b[row];
    }
    // a sum of rates may pass 1 in its last digit
    return cohensH(Math.min(1, sumB / rows.length), Math.min(1, sumA / rows.length));
  };
  return bootstrap(a.length, h, resampling).percentile;
}

/** Holm's adjustment of Wilcoxon's p over all comparisons given. */
export function withHolm<T extends Pick<PairedComparison, "wilcoxon">>(
  comparisons: readonly T[]
): (T & {holmLog10p: number | null; holmP: number | null})[] {
  const adjusted = holm(comparisons.map(({wilcoxon}) => wilcoxon.log10p));
  return comparisons.map((comparison, i) => {
    const log10p = adjusted[i];
    return {...comparison, holmLog10p: log10p, holmP: log10p === null ? null : 10 ** log10p};
  });
}
