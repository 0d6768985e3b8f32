import type {LevelComparison} from "../measures/studies/levels.js";
import {element, scrollRegion} from "./dom.js";
import {fixed, scientific, signed} from "./format.js";
import {type Facts, sourced} from "./provenance.js";
import type {StatisticsMeasure} from "./statistics-measures.js";

/** One column of the table: a dataset, or all pooled. */
export interface StatisticsColumn {
  readonly id: string;
  readonly label: string;
  readonly comparison: LevelComparison;
  readonly leftOut: number;
  readonly facts: Facts;
}

/** One statistic: its name, what it is, and its text in each column. */
interface StatisticsRow {
  readonly id: string;
  readonly name: string;
  readonly meaning: string;
  text(column: StatisticsColumn): string | null;
}

/** The rows that apply to this measure. */
function statisticsRows(measure: StatisticsMeasure, margin: number | null): StatisticsRow[] {
  const {digits, unit} = measure;
  const withUnit = unit === "" ? "" : ` (${unit})`;
  const interval = (pair: readonly [number, number] | null) =>
    pair === null ? null : `${signed(pair[0], digits)} to ${signed(pair[1], digits)}`;
  const number = (value: number | null, n: number) => (value === null ? null : fixed(value, n));
  const plus = (value: number | null, n: number) => (value === null ? null : signed(value, n));
  const row = (
    id: string,
    name: string,
    meaning: string,
    text: (comparison: LevelComparison, column: StatisticsColumn) => string | null
  ): StatisticsRow => ({id, name, meaning, text: (column) => text(column.comparison, column)});
  return [
    row("n", "n, images", "with a value in both arms", (c) => String(c.nImages)),
    row("patients", "n, patients", "", (c) => (c.nPatients === null ? "not known" : String(c.nPatients))),
    row("mean-a", `Mean of A${withUnit}`, "", (c) => number(c.meanA, digits)),
    row("mean-b", `Mean of B${withUnit}`, "", (c) => number(c.meanB, digits)),
    row("difference", `Mean difference B − A${withUnit}`, "", (c) => plus(c.difference, digits)),
    row("sd", `SD of the differences${withUnit}`, "ddof 1", (c) => number(c.sdDifference, digits)),
    row("percentile", "95 % interval, percentile bootstrap", "B = 10,000, pairs kept together", (c) =>
      interval(c.bootstrap.percentile)
    ),
    row("bca", "95 % interval, BCa bootstrap", "bias-corrected and accelerated (Efron 1987)", (c) =>
      interval(c.bootstrap.bca)
    ),
    row("wilcoxon", "Wilcoxon signed-rank p", "exact up to 50 units without ties", (c) => {
      const method = c.wilcoxon.method === "exact" ? "exact" : "normal";
      return c.wilcoxon.p === null ? null : `${pText(c.wilcoxon)} (${method})`;
    }),
    row("log10p", "log₁₀ p", "where p itself would round to 0", (c) => number(c.wilcoxon.log10p, 1)),
    row("asymptotic", "Wilcoxon p, normal approximation", "as the published study gives it", (c) =>
      c.wilcoxonAsymptotic.p === null ? null : pText(c.wilcoxonAsymptotic)
    ),
    row("d", "Cohen’s d", "difference over the pooled SD of both arms, as if unpaired", (c) => plus(c.cohensD, 2)),
    row("dz", "Cohen’s d_z", "difference over the SD of the paired differences", (c) => plus(c.cohensDz, 2)),
    row("rank-biserial", "Rank-biserial correlation", "(ΣR⁺ − ΣR⁻) / ΣR, from −1 to 1", (c) => plus(c.rankBiserial, 2)),
    ...(measure.proportion
      ? [row("h", "Cohen’s h", "2 asin √rate of B − 2 asin √rate of A, of the mean rates", (c) => plus(c.cohensH, 3))]
      : []),
    ...(margin === null
      ? []
      : [
          row("tost", `Equivalent within ±${margin}${unit && ` ${unit}`}?`, "TOST, α = 0.05", (c) =>
            c.tost === null || c.tost.equivalent === null
              ? null
              : `${c.tost.equivalent ? "yes" : "not shown"} (p ${pRelation(c.tost)})`
          ),
          row(
            "tost-interval",
            "90 % interval of the mean difference",
            "Student t; inside the margin: equivalent",
            (c) => interval(c.tost?.interval ?? null)
          )
        ]),
    row("icc", "Intraclass correlation", "how alike one patient’s differences are", (c) =>
      number(c.clustering?.icc ?? null, 2)
    ),
    row("deff", "Design effect", "1 + (m − 1)·ICC: by how much the variance is larger than n images suggest", (c) =>
      number(c.clustering?.designEffect ?? null, 2)
    ),
    row("left-out", "Left out", "images whose value is absent or infinite in an arm", (_, {leftOut}) => String(leftOut))
  ];
}

/** Every statistic by its full name, a column a dataset; each number says where it comes from. */
export function statisticsTable(
  columns: readonly StatisticsColumn[],
  {measure, margin}: {measure: StatisticsMeasure; margin: number | null}
): HTMLElement {
  const rows = shownRows(columns, measure, margin);
  return scrollRegion(
    "Statistics by dataset",
    element(
      "table",
      {class: "statistics", id: "statistics"},
      element("caption", {class: "visually-hidden"}, `B − A in ${measure.label}, by dataset`),
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          element("th", {scope: "col"}, "Statistic"),
          ...columns.map(({label}) => element("th", {scope: "col", class: "number"}, label))
        )
      ),
      element(
        "tbody",
        {},
        ...rows.map((row) =>
          element(
            "tr",
            {"data-statistic": row.id},
            element(
              "th",
              {scope: "row"},
              row.name,
              row.meaning !== "" && element("span", {class: "meaning"}, row.meaning)
            ),
            ...columns.map((column) => {
              const text = row.text(column);
              return element(
                "td",
                {class: "number", "data-set": column.id},
                text === null
                  ? "–"
                  : sourced(text, [
                      ["statistic", row.meaning === "" ? row.name : `${row.name}: ${row.meaning}`],
                      ...column.facts
                    ])
              );
            })
          )
        )
      )
    )
  );
}

/** The table's numbers as rows to save. */
export function statisticsRowsOf(
  columns: readonly StatisticsColumn[],
  {measure, margin}: {measure: StatisticsMeasure; margin: number | null}
): Record<string, string | null>[] {
  return shownRows(columns, measure, margin).map((row) => ({
    statistic: row.name,
    "what it is": row.meaning,
    ...Object.fromEntries(columns.map((column) => [column.label, row.text(column)]))
  }));
}

function shownRows(columns: readonly StatisticsColumn[], measure: StatisticsMeasure, margin: number | null) {
  return statisticsRows(measure, margin).filter((row) => columns.some((column) => row.text(column) !== null));
}

/** Small p-values as powers of ten, also those that no float64 can hold. */
function pText({p, log10p}: {readonly p: number | null; readonly log10p: number | null}): string {
  if (p === null || log10p === null) return "–";
  if (p > 0.999) return "> 0.999";
  if (p >= 0.001) return fixed(p, 3);
  if (p > 1e-300) return scientific(p, 1);
  return `10^${fixed(log10p, 0)}`;
}

function pRelation(result: {readonly p: number | null; readonly log10p: number | null}): string {
  if (result.p !== null && result.p < 0.001) return "< 0.001";
  const text = pText(result);
  return text.startsWith(">") ? text : `= ${text}`;
}
