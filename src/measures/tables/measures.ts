import {type BandName, bandLabel, bandNames} from "../bands.js";
import type {ImageRecord} from "./record.js";

/** A number that a record has, and what it is. */
export interface Measure {
  /** Unique: `measure` with flavour and band. */
  readonly key: string;
  readonly measure: string;
  readonly flavour: string;
  /** "dB", "cycles/pixel", "log10 power", "grey level" ([0, 1]), "grey level²", or "1". */
  readonly unit: string;
  /** Which way is closer to HR; null where neither is. */
  readonly better: "higher" | "lower" | null;
  readonly label: string;
  /** Null where it is absent; may be Infinity (PSNR of equal images). */
  value(record: ImageRecord): number | null;
}

const bands = bandNames(3);

const fidelity: Measure[] = [
  {key: "psnr", measure: "psnr", flavour: "default", unit: "dB", better: "higher", label: "PSNR", value: (r) => r.psnr},
  {
    key: "self_psnr",
    measure: "self_psnr",
    flavour: "published",
    unit: "dB",
    better: "higher",
    label: "PSNR against decode(encode(HR))",
    value: (r) => r.self_psnr
  },
  {key: "ssim", measure: "ssim", flavour: "wang", unit: "1", better: "higher", label: "SSIM", value: (r) => r.ssim},
  {
    key: "ssim_skimage",
    measure: "ssim",
    flavour: "skimage",
    unit: "1",
    better: "higher",
    label: "SSIM (uniform 7×7)",
    value: (r) => r.ssim_skimage
  },
  {
    key: "ssim_torchmetrics",
    measure: "ssim",
    flavour: "torchmetrics",
    unit: "1",
    better: "higher",
    label: "SSIM (torchmetrics)",
    value: (r) => r.ssim_torchmetrics
  },
  {
    key: "ms_ssim",
    measure: "ms_ssim",
    flavour: "default",
    unit: "1",
    better: "higher",
    label: "MS-SSIM",
    value: (r) => r.ms_ssim
  },
  simple("mse", "grey level²", "lower", "MSE", (r) => r.mse),
  simple("mae", "grey level", "lower", "MAE", (r) => r.mae),
  simple("rmse", "grey level", "lower", "RMSE", (r) => r.rmse),
  simple("nrmse", "1", "lower", "NRMSE", (r) => r.nrmse),
  simple("lpips", "1", "lower", "LPIPS (AlexNet)", (r) => r.lpips),
  simple("mean_hr", "grey level", null, "mean of HR", (r) => r.mean_hr),
  simple("mean_sr", "grey level", null, "mean of SR", (r) => r.mean_sr),
  ...(["inside", "outside"] as const).flatMap((side) => [
    region("mse", side, "grey level²", "lower", "MSE"),
    region("mae", side, "grey level", "lower", "MAE"),
    region("psnr", side, "dB", "higher", "PSNR"),
    region("ssim", side, "1", "higher", "SSIM"),
    region("pixels", side, "1", null, "pixels")
  ])
];

const frequency: Measure[] = [
  ...bands.map((band) => ({
    ...simple(`band_psnr_${band}`, "dB", "higher", `PSNR of ${bandLabel(band)}`, (r) => r.bands[band].psnr),
    flavour: "published"
  })),
  ...bands.map((band) =>
    simple(`band_sse_${band}`, "grey level²", "lower", `SSE of ${bandLabel(band)}`, (r) => r.bands[band].sse)
  ),
  ...bands.map((band) =>
    simple(`band_share_${band}`, "1", null, `share of the error, ${bandLabel(band)}`, (r) => r.bands[band].share)
  ),
  ...Array.from({length: 10}, (_, ring) => ({
    ...simple(`radial_log_power_${ring}`, "log10 power", null, `radial power, ring ${ring + 1} of 10`, (r) => {
      return r.radial_log_power[ring];
    }),
    flavour: "published"
  })),
  simple("frc_half", "cycles/pixel", "higher", "FRC crosses 1/2", (r) => r.frc.half?.frequency ?? null),
  simple("frc_seventh", "cycles/pixel", "higher", "FRC crosses 1/7", (r) => r.frc.seventh?.frequency ?? null),
  simple("frc_mean", "1", "higher", "mean FRC", (r) => r.frc.mean),
  simple("sfrc_lowest", "cycles/pixel", "higher", "lowest FRC crossing of a tile", (r) => r.sfrc?.lowest ?? null),
  simple("sfrc_flagged", "1", "lower", "tiles that lose what the LR shows", (r) => r.sfrc?.flagged ?? null)
];

const hallucination: Measure[] = [
  published("threshold", "grey level", null, "threshold (published)"),
  published("hallu_rate", "1", "lower", "“hallucination” rate (published)"),
  published("loss_rate", "1", "lower", "“loss” rate (published)"),
  published("hallu_magnitude", "grey level", "lower", "“hallucination” magnitude (published)"),
  published("loss_magnitude", "grey level", "lower", "“loss” magnitude (published)"),
  ...(["absolute", "brighter", "darker"] as const).flatMap((which) => [
    simple(
      `rate_${which}`,
      "1",
      "lower",
      `rate above the floor, ${which}`,
      (r) => r.threshold_rates?.[which].rate ?? null
    ),
    simple(`magnitude_${which}`, "grey level", "lower", `magnitude above the floor, ${which}`, (r) => {
      return r.threshold_rates?.[which].magnitude ?? null;
    })
  ])
];

const nullSpace: Measure[] = [
  simple("measurement_consistency", "grey level", "lower", "RMSE(D·SR, LR)", (r) => r.measurement_consistency),
  simple("measured_sse", "grey level²", "lower", "SSE of the measured part", (r) => r.null_space?.measured_sse ?? null),
  simple("invented_sse", "grey level²", "lower", "SSE of the invented part", (r) => r.null_space?.invented_sse ?? null),
  simple("invented_share", "1", null, "invented share of the error", (r) => r.null_space?.invented_share ?? null),
  simple("invented_energy_ratio", "1", null, "invented energy, SR over HR", (r) => {
    return r.null_space?.invented_energy_ratio ?? null;
  }),
  simple("projected_psnr", "dB", "higher", "PSNR after projection", (r) => r.null_space?.projected_psnr ?? null),
  simple("free_psnr", "dB", "lower", "PSNR that the LR gives for free", (r) => r.null_space?.free_psnr ?? null)
];

const errorSplit: Measure[] = (["autoencoder", "generator", "cross"] as const).flatMap((part) => [
  simple(`error_${part}`, "grey level²", null, `SSE, ${part}`, (r) => r.error_split?.[part] ?? null),
  ...bands.map((band) =>
    simple(`error_${part}_${band}`, "grey level²", null, `SSE, ${part}, ${bandLabel(band)}`, (r) => {
      return r.error_split?.bands[band][part] ?? null;
    })
  )
]);

/** Every number of an `ImageRecord`, in the order in which tables list them. */
export const measures: readonly Measure[] = [...fidelity, ...frequency, ...hallucination, ...nullSpace, ...errorSplit];

const byKey = new Map(measures.map((measure) => [measure.key, measure]));

/** The measure with this key. @throws RangeError when there is none. */
export function measureOf(key: string): Measure {
  const measure = byKey.get(key);
  if (measure === undefined) throw new RangeError(`invalid measure: ${key}`);
  return measure;
}

/** The Haar band that a measure is about, if any: `band_sse_HH1` → `HH1`. */
export function bandOf(key: string): BandName | null {
  return bands.find((band) => key.endsWith(`_${band}`)) ?? null;
}

function simple(key: string, unit: string, better: Measure["better"], label: string, value: Measure["value"]): Measure {
  return {key, measure: key, flavour: "default", unit, better, label, value};
}

/** Fidelity inside or outside the region of interest; the side is the flavour. */
function region(
  field: "pixels" | "mse" | "mae" | "psnr" | "ssim",
  side: "inside" | "outside",
  unit: string,
  better: Measure["better"],
  label: string
): Measure {
  return {
    key: `region_${field}_${side}`,
    measure: `region_${field}`,
    flavour: side,
    unit,
    better,
    label: `${label} ${side} the region`,
    value: (r) => r.region?.[side]?.[field] ?? null
  };
}

function published(
  field: "threshold" | "hallu_rate" | "loss_rate" | "hallu_magnitude" | "loss_magnitude",
  unit: string,
  better: Measure["better"],
  label: string
): Measure {
  const value = (r: ImageRecord) => r.hallucination?.[field] ?? null;
  return {key: field, measure: field, flavour: "published", unit, better, label, value};
}
