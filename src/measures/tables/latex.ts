import {measureOf} from "./measures.js";
import type {ArmComparison, MeasureSummary, Summary} from "./summary.js";

/** The columns of the first table, where an arm has them. */
const shown = [
  "psnr",
  "ssim",
  "ms_ssim",
  "lpips",
  "mae",
  "frc_half",
  "hallu_rate",
  "loss_rate",
  "invented_energy_ratio"
];

/** Text that LaTeX prints as it is. */
export function escapeLatex(text: string): string {
  const special: Record<string, string> = {
    "\\": "\\textbackslash{}",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
    "“": "``",
    "”": "''",
    "×": "$\\times$",
    "·": "$\\cdot$",
    "²": "$^2$",
    "₀": "$_0$",
    "−": "$-$",
    "–": "--",
    "±": "$\\pm$",
    "→": "$\\to$",
    "≥": "$\\ge$",
    ε: "$\\varepsilon$",
    "√": "$\\surd$",
    "|": "\\textbar{}",
    "<": "$<$",
    ">": "$>$"
  };
  return text.replace(/[\\~^“”×·²₀−–±→≥ε√|<>&%$#_{}]/g, (c) => special[c] ?? `\\${c}`);
}

/** 2.5e-7 → `$2.5\times10^{-7}$`, from log10 so that 1e-400 can be written; at least 0.001 as a decimal. */
export function latexP(log10p: number | null): string {
  if (log10p === null) return "--";
  if (log10p >= -3) return (10 ** log10p).toFixed(3);
  let exponent = Math.floor(log10p);
  let mantissa = (10 ** (log10p - exponent)).toFixed(1);
  if (mantissa === "10.0") {
    mantissa = "1.0";
    exponent++;
  }
  return `$${mantissa}\\times10^{${exponent}}$`;
}

/** The summary as two booktabs tables (`\usepackage{booktabs}`): means of each arm, and the comparisons. */
export function summaryLatex(summary: Summary): string {
  const arms = Object.entries(summary.arms);
  const columns = shown.filter((key) => arms.some(([, arm]) => Object.hasOwn(arm.measures, key)));
  const header = columns.map((key) => {
    const {label, unit} = measureOf(key);
    return escapeLatex(unit === "1" ? label : `${label} (${unit})`);
  });
  const lines = [
    "% needs \\usepackage{booktabs}",
    `\\begin{tabular}{lr${"r".repeat(columns.length)}}`,
    "\\toprule",
    row(["Arm", "$n$", ...header]),
    "\\midrule",
    ...arms.map(([name, arm]) => {
      const n = arm.patients === null ? `${arm.images}` : `${arm.images} (${arm.patients} patients)`;
      return row([escapeLatex(name), n, ...columns.map((key) => meanAndSd(arm.measures[key]))]);
    }),
    "\\bottomrule",
    "\\end{tabular}"
  ];
  const infinite = arms.flatMap(([name, arm]) => {
    const left = arm.measures.psnr?.infinite ?? 0;
    return left > 0 ? [`% ${name.replaceAll(/[\r\n]/g, " ")}: ${left} infinite PSNR left out of the mean`] : [];
  });
  lines.push(...infinite);
  if (summary.comparisons.length > 0) lines.push("", ...comparisonLines(summary));
  return `${lines.join("\n")}\n`;
}

function comparisonLines({comparisons, holmFamily}: Summary): string[] {
  const [first] = comparisons;
  const units = first.level === "patient" ? "patients' means" : "images";
  return [
    `% mean difference A - B over images with its 95 % bootstrap interval (BCa, ${first.bootstrap.unit === "cluster" ? "patients" : "images"} resampled);`,
    `% two-sided Wilcoxon signed-rank test on ${units}, Holm-adjusted over ${holmFamily} tests`,
    "\\begin{tabular}{lllrrrrr}",
    "\\toprule",
    row(["A", "B", "Measure", "Difference", "95\\,\\% CI", "$d_z$", "$r_\\mathrm{rb}$", "$p$ (Holm)"]),
    "\\midrule",
    ...comparisons.map((c) =>
      row([
        escapeLatex(c.a),
        escapeLatex(c.b),
        escapeLatex(measureLabel(c)),
        digits(c.bootstrap.estimate),
        interval(c.bootstrap.bca ?? c.bootstrap.percentile),
        c.cohensDz === null ? "--" : signed(c.cohensDz.toFixed(2)),
        c.rankBiserial === null ? "--" : signed(c.rankBiserial.toFixed(2)),
        latexP(c.holmLog10p)
      ])
    ),
    "\\bottomrule",
    "\\end{tabular}"
  ];
}

function measureLabel({measure, flavour, unit}: ArmComparison): string {
  const label = measureOf(measure).label;
  const named =
    flavour === "default" || label.includes(flavour) || measure === "ssim" ? label : `${label} (${flavour})`;
  return unit === "1" ? named : `${named} (${unit})`;
}

function meanAndSd(summary: MeasureSummary | undefined): string {
  if (summary === undefined || summary.mean === null) return "--";
  const places = Math.abs(summary.mean) >= 10 ? 2 : 4;
  const sd = summary.sd === null ? "" : ` $\\pm$ ${summary.sd.toFixed(places)}`;
  return `${signed(summary.mean.toFixed(places))}${sd}`;
}

function interval(ends: readonly [number, number] | null): string {
  return ends === null ? "--" : `[${digits(ends[0])}, ${digits(ends[1])}]`;
}

function digits(value: number | null): string {
  if (value === null) return "--";
  if (value === 0) return "0";
  const text =
    Math.abs(value) >= 0.001 && Math.abs(value) < 10_000
      ? String(Number(value.toPrecision(3)))
      : value.toExponential(2);
  return signed(text.replace(/e([+-]\d+)$/, (_, exponent: string) => `$\\times10^{${Number(exponent)}}$`));
}

/** A minus sign, not a hyphen. */
function signed(text: string): string {
  return text.startsWith("-") ? `$-$${text.slice(1)}` : text;
}

function row(cells: readonly string[]): string {
  return `${cells.join(" & ")} \\\\`;
}
