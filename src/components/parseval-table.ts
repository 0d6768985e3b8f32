import {parsevalCheck} from "../measures/parseval.js";
import {element, scrollRegion} from "./dom.js";
import {fixed} from "./format.js";
import {sourced} from "./provenance.js";
import type {Published} from "./site-data.js";

/** A published PSNR with the published LL3 PSNR of the same images, and what one says of the other. */
export interface ParsevalRow {
  readonly dataset: string;
  readonly label: string;
  readonly arm: string;
  readonly psnr: number;
  /** The least that the PSNR against the true HR can be, given the autoencoder's own: RMSEs add up at most. */
  readonly worst: number;
  readonly ll3: number;
}

const names: Record<string, string> = {"sr:medvae-4-3": "MedVAE", "sr:sdvae": "SD-VAE"};

/** The study's datasets and arms that have both numbers. */
export function parsevalRows({values, datasets}: Published): ParsevalRow[] {
  const find = (dataset: string, arm: string, measure: string) =>
    values.find((row) => row.dataset === dataset && row.arm === arm && row.measure === measure)?.value;
  return Object.entries(datasets).flatMap(([dataset, {label}]) =>
    Object.keys(names).flatMap((arm): ParsevalRow[] => {
      const psnr = find(dataset, arm, "psnr");
      const ceiling = find(dataset, arm.replace("sr:", "ae:"), "psnr");
      const ll3 = find(dataset, arm, "band_psnr");
      if (psnr === undefined || ceiling === undefined || ll3 === undefined) return [];
      const worst = -20 * Math.log10(10 ** (-psnr / 20) + 10 ** (-ceiling / 20));
      return [{dataset, label, arm, psnr, worst, ll3}];
    })
  );
}

/** What the bound says of a row at an assumed p, and at every p that a set of images has. */
export interface ParsevalVerdict {
  /** PSNR + 20·log₁₀ p, dB. */
  readonly bound: number;
  /** Both numbers can come from the same pairs only where p is at most this: there LL3 meets the bound exactly. 1 is no limit. */
  readonly largestPeak: number;
  readonly possible: boolean;
  /** By how many dB LL3 lies under the bound; negative where it keeps it. */
  readonly shortfall: number;
  /** Impossible, or possible, whatever p within the range; `some`: it depends on p. */
  readonly within: "impossible" | "possible" | "some";
}

/** @param range the least and the largest p of the images that are taken for an example */
export function parsevalVerdict(
  {worst, ll3}: Pick<ParsevalRow, "worst" | "ll3">,
  peak: number,
  [least, most]: readonly [number, number]
): ParsevalVerdict {
  const {bound, contradiction, shortfall, largestPossiblePeak: largestPeak} = parsevalCheck(worst, ll3, peak);
  const at = (p: number) => parsevalCheck(worst, ll3, p).contradiction;
  // the larger p, the higher the bound: the ends of the range speak for all of it
  const within = at(least) ? "impossible" : at(most) ? "some" : "possible";
  return {bound, largestPeak, possible: !contradiction, shortfall, within};
}

/** The bound for an assumed p beside what was published, and for which p the two agree; the verdict is said of that p. */
export function parsevalTable(published: Published, peak: number, range: readonly [number, number]): HTMLElement {
  const {citation, sources} = published;
  const facts = (value: string, source: string) =>
    sourced(value, [
      ["published", `arXiv ${citation.arxiv}`],
      ["read in", sources[source].where],
      ["precision", sources[source].precision]
    ]);
  const columns = [
    "Dataset",
    "Arm",
    "PSNR (dB)",
    "PSNR against HR, at worst (dB)",
    "so LL3 is at least (dB)",
    "LL3 as published (dB)",
    "possible only if p ≤",
    "Verdict"
  ];
  return scrollRegion(
    "Published PSNR against the published LL3",
    element(
      "table",
      {id: "parseval"},
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          ...columns.map((text, i) => element("th", {scope: "col", class: i > 1 && i < 7 && "number"}, text))
        )
      ),
      element(
        "tbody",
        {},
        ...parsevalRows(published).map(({label, arm, psnr, worst, ll3}) => {
          const verdict = parsevalVerdict({worst, ll3}, peak, range);
          const {bound, largestPeak, possible, shortfall, within} = verdict;
          const span = `${fixed(range[0], 2)} to ${fixed(range[1], 2)}`;
          return element(
            "tr",
            {"data-within": within},
            element("th", {scope: "row"}, label),
            element("td", {}, names[arm]),
            element("td", {class: "number"}, facts(fixed(psnr, 2), "fig1")),
            element("td", {class: "number"}, fixed(worst, 2)),
            element("td", {class: "number"}, fixed(bound, 2)),
            element("td", {class: "number"}, facts(fixed(ll3, 2), "fig3")),
            element("td", {class: "number"}, largestPeak >= 1 ? "any" : fixed(largestPeak, 2)),
            element(
              "td",
              {},
              possible
                ? `possible at p = ${fixed(peak, 2)}`
                : `impossible at p = ${fixed(peak, 2)}, by ${fixed(shortfall, 1)} dB`,
              element(
                "span",
                {class: "sub"},
                {
                  impossible: `no p of this site’s images, ${span}, makes it possible`,
                  possible: `possible at every p of this site’s images, ${span}`,
                  some: `it depends: p is ${span} in this site’s images`
                }[within]
              )
            )
          );
        })
      )
    )
  );
}
