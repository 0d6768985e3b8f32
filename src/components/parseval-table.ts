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

/** The bound for an assumed p beside what was published; rows that contradict are marked in words. */
export function parsevalTable(published: Published, peak: number): HTMLElement {
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
    ""
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
          ...columns.map((text, i) => element("th", {scope: "col", class: i > 1 && i < 6 && "number"}, text))
        )
      ),
      element(
        "tbody",
        {},
        ...parsevalRows(published).map(({label, arm, psnr, worst, ll3}) => {
          const {bound, contradiction, shortfall} = parsevalCheck(worst, ll3, peak);
          return element(
            "tr",
            {},
            element("th", {scope: "row"}, label),
            element("td", {}, names[arm]),
            element("td", {class: "number"}, facts(fixed(psnr, 2), "fig1")),
            element("td", {class: "number"}, fixed(worst, 2)),
            element("td", {class: "number"}, fixed(bound, 2)),
            element("td", {class: "number"}, facts(fixed(ll3, 2), "fig3")),
            element("td", {}, contradiction ? `impossible by ${fixed(shortfall, 1)} dB` : "possible")
          );
        })
      )
    )
  );
}
