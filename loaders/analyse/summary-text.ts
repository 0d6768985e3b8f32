import type {AnalysisReport} from "../../src/measures/tables/analysis.js";
import {measureOf} from "../../src/measures/tables/measures.js";

const shown = [
  "psnr",
  "ssim",
  "ms_ssim",
  "lpips",
  "region_psnr_inside",
  "region_ssim_inside",
  "frc_half",
  "sfrc_lowest",
  "hallu_rate",
  "loss_rate",
  "invented_energy_ratio"
];

/** The means of each arm as a table for the terminal. */
export function summaryText({summary, coverage}: AnalysisReport): string {
  const arms = Object.entries(summary.arms);
  const keys = shown.filter((key) => arms.some(([, arm]) => Object.hasOwn(arm.measures, key)));
  const head = [
    "arm",
    "images",
    ...keys.map((key) => {
      const {label, unit} = measureOf(key);
      return unit === "1" ? label : `${label} (${unit})`;
    })
  ];
  const rows = arms.map(([name, {images, measures}]) => [
    name,
    String(images),
    ...keys.map((key) => {
      const m = measures[key];
      if (m?.mean === undefined || m.mean === null) return m !== undefined && m.infinite > 0 ? "infinite" : "–";
      const places = measureOf(key).unit === "dB" ? 2 : 4;
      return `${m.mean.toFixed(places)}${m.sd === null ? "" : ` ± ${m.sd.toFixed(places)}`}${m.infinite > 0 ? ` (${m.infinite} infinite left out)` : ""}`;
    })
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i].length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join("  ")
      .trimEnd();
  const lines = [head, ...rows].map(line);
  if (coverage.patients !== null) lines.push(`${coverage.patients} patients; tests run on patients' means`);
  for (const [arm, {meanAgreement}] of arms) {
    const {bias, clustered, independent} = meanAgreement;
    const limits = clustered ?? independent;
    if (bias === null || limits === null) continue;
    const by = clustered === null ? "" : ", clustered by patient";
    lines.push(
      `${arm}: mean grey level ${signed(bias)} against HR, 95 % limits ${signed(limits.lower)} to ${signed(limits.upper)}${by}`
    );
  }
  for (const [arm, spread] of Object.entries(summary.seedSpread)) {
    const {k, images, calibration, gain} = spread;
    lines.push(
      `${arm}: ${k} seeds on ${images} images; Spearman of σ with |error| ${text(calibration.mean, 3)}; averaging gains ` +
        `${text(gain.mean, 2)} dB (draws of a perfect posterior: ${spread.posteriorGain.toFixed(2)} dB)`
    );
  }
  return `${lines.join("\n")}\n`;
}

function text(value: number | null, places: number): string {
  return value === null ? "–" : value.toFixed(places);
}

function signed(value: number): string {
  const digits = Math.abs(value).toFixed(4);
  if (Number(digits) === 0) return digits;
  return `${value < 0 ? "−" : "+"}${digits}`;
}
