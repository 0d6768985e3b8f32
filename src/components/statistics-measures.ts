import {bandLabel, bandNames} from "../measures/bands.js";
import {type Convention, measureFor} from "./convention.js";
import type {StudyTable} from "./study-data.js";

/** A measure that arms can be compared in. */
export interface StatisticsMeasure {
  readonly key: string;
  readonly label: string;
  /** Empty where there is none. */
  readonly unit: string;
  readonly better: "higher" | "lower" | null;
  readonly digits: number;
  readonly table: StudyTable;
  /** A share of pixels: Cohen's h is meant for it. */
  readonly proportion: boolean;
  /** Equivalence margin, fixed before any study was run; null where nobody has said what is small. */
  readonly margin: number | null;
  readonly meaning: string;
}

/** What is asked; its measure depends on the convention. */
export interface StatisticsQuantity {
  readonly id: string;
  readonly label: string;
}

const bands = bandNames(3);

export const statisticsQuantities: readonly StatisticsQuantity[] = [
  {id: "psnr", label: "PSNR"},
  {id: "ssim", label: "SSIM"},
  {id: "ms_ssim", label: "MS-SSIM"},
  {id: "mae", label: "Mean absolute error"},
  {id: "region_psnr_inside", label: "PSNR inside the lesion"},
  {id: "rate", label: "Hallucination rate"},
  {id: "rate_brighter", label: "Rate of too bright"},
  {id: "rate_darker", label: "Rate of too dark"},
  {id: "measurement_consistency", label: "Disagreement with the LR"},
  {id: "invented_energy_ratio", label: "Invented energy, SR over HR"},
  {id: "frc_half", label: "Resolution (FRC ½)"},
  {id: "sfrc_lowest", label: "Lowest resolution of a tile"},
  ...bands.map((band) => ({id: `band_${band}`, label: `Error in ${bandLabel(band)}`}))
];

/** Half a percentage point of the pixels. */
const rateMargin = 0.005;

const others: Readonly<Record<string, Omit<StatisticsMeasure, "key" | "proportion">>> = {
  ms_ssim: measure("MS-SSIM", "", "higher", 4, "fidelity", 0.01, "SSIM over five scales; needs a side of 176 pixels."),
  mae: measure("Mean absolute error", "grey level", "lower", 4, "fidelity", null, "Mean of |output − HR|."),
  region_psnr_inside: measure(
    "PSNR inside the lesion",
    "dB",
    "higher",
    2,
    "fidelity",
    0.15,
    "Only images with a lesion mask have it."
  ),
  measurement_consistency: measure(
    "Disagreement with the LR",
    "grey level",
    "lower",
    4,
    "hallucination",
    null,
    "RMSE between the output, down-sampled again, and the LR that it was made from."
  ),
  invented_energy_ratio: measure(
    "Invented energy, SR over HR",
    "",
    null,
    3,
    "hallucination",
    null,
    "Energy of what the LR cannot tell: 1 is as much as HR has, right or wrong."
  ),
  frc_half: measure(
    "Resolution (FRC ½)",
    "cycles/pixel",
    "higher",
    3,
    "bands",
    null,
    "Where output and HR stop to agree in phase: Fourier ring correlation falls under ½."
  ),
  sfrc_lowest: measure(
    "Lowest resolution of a tile",
    "cycles/pixel",
    "higher",
    3,
    "hallucination",
    null,
    "The lowest frequency at which a tile's ring correlation crosses its threshold (scanning FRC)."
  )
};

/** The measure that answers a quantity under a convention. `kind`: of the arms, where both are of one. */
export function statisticsMeasure(id: string, convention: Convention, kind?: string): StatisticsMeasure {
  if (id === "psnr" || id === "ssim") {
    const {label, unit, better, digits, key, meaning} = measureFor(id, convention, {kind});
    const margin = id === "psnr" ? 0.15 : 0.01;
    return {key, label, unit, better, digits, table: "fidelity", proportion: false, margin, meaning};
  }
  if (id === "rate" || id === "rate_brighter" || id === "rate_darker") {
    const {label, unit, better, digits, key, meaning} = measureFor(id, convention);
    return {key, label, unit, better, digits, table: "hallucination", proportion: true, margin: rateMargin, meaning};
  }
  const band = bands.find((name) => id === `band_${name}`);
  if (band !== undefined) {
    if (convention === "published") {
      const {label, unit, better, digits, key, meaning} = measureFor("band", convention, {band});
      return {key, label, unit, better, digits, table: "bands", proportion: false, margin: 0.15, meaning};
    }
    return {
      key: `band_sse_${band}`,
      ...measure(
        `Squared error in ${bandLabel(band)}`,
        "grey level²",
        "lower",
        1,
        "bands",
        null,
        "Sum over the image; the ten bands add up to the image's squared error (Parseval)."
      ),
      proportion: false
    };
  }
  const found = others[id];
  if (found === undefined) throw new RangeError(`invalid quantity: ${id}`);
  return {key: id, ...found, proportion: false};
}

function measure(
  label: string,
  unit: string,
  better: StatisticsMeasure["better"],
  digits: number,
  table: StudyTable,
  margin: number | null,
  meaning: string
): Omit<StatisticsMeasure, "key" | "proportion"> {
  return {label, unit, better, digits, table, margin, meaning};
}
