import type {ImageMeasures} from "../measures/measure-image.js";
import {measures} from "../measures/tables/measures.js";
import type {ImageRecord} from "../measures/tables/record.js";
import {bandBudget} from "./band-budget.js";
import {type BandStatistic, bandLabel, bands} from "./bands-data.js";
import {element, scrollRegion, tallRegion} from "./dom.js";
import {type TableData, tableButtons} from "./export-table.js";
import {figure} from "./figure.js";
import {fixed, scientific} from "./format.js";
import {type Facts, sourced} from "./provenance.js";
import {levelLegend} from "./swatches.js";

/** The measures of a pair as a table; each number says how it came about. */
export function tryMeasures(m: ImageMeasures, facts: Facts): HTMLElement {
  const rows: [string, string, string][] = [
    ["PSNR", `${fixed(m.psnr, 2)} dB`, ""],
    ["SSIM", fixed(m.ssim, 4), m.absent.ssim ?? "Wang 2004"],
    ["SSIM", fixed(m.ssim_skimage, 4), m.absent.ssim_skimage ?? "scikit-image's default"],
    ["MS-SSIM", fixed(m.ms_ssim, 4), m.absent.ms_ssim ?? ""],
    ["MAE", fixed(m.mae, 4), "grey levels, 0 to 1"],
    ["MSE", scientific(m.mse), ""],
    [
      "Fourier ring correlation falls under ½ at",
      m.frc.half === null
        ? "–"
        : m.frc.half.frequency === null
          ? "nowhere"
          : `${fixed(m.frc.half.frequency, 3)} cycles/pixel`,
      m.absent.frc ?? ""
    ]
  ];
  return scrollRegion(
    "Measures",
    element(
      "table",
      {id: "try-measures"},
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          element("th", {scope: "col"}, "Measure"),
          element("th", {scope: "col", class: "number"}, "Value"),
          element("th", {scope: "col"}, "Note")
        )
      ),
      element(
        "tbody",
        {},
        ...rows.map(([name, value, note]) =>
          element(
            "tr",
            {},
            element("th", {scope: "row"}, name),
            element("td", {class: "number"}, sourced(value, facts)),
            element("td", {}, note)
          )
        )
      )
    )
  );
}

/** Every measure that the pair has, in the order of the tables of `bandscope analyse`, to read and to take away. */
export function tryAllMeasures(record: ImageRecord, facts: Facts): HTMLElement {
  const rows = measures.flatMap(({key, label, unit, flavour, better, value}) => {
    const number = value(record);
    return number === null ? [] : [{key, label, unit: unit === "1" ? "" : unit, flavour, better, number}];
  });
  const data = (): TableData => ({
    columns: ["measure", "name", "flavour", "value", "unit", "closer to HR"],
    rows: rows.map(({key, label, flavour, number, unit, better}) => [key, label, flavour, number, unit, better ?? ""]),
    caption: "Every measure of one pair of images"
  });
  const table = () =>
    element(
      "table",
      {id: "try-all"},
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          ...["Measure", "Value", "Unit", "Flavour"].map((text, i) =>
            element("th", {scope: "col", class: i === 1 && "number"}, text)
          )
        )
      ),
      element(
        "tbody",
        {},
        ...rows.map(({key, label, number, unit, flavour}) =>
          element(
            "tr",
            {"data-key": key},
            element("th", {scope: "row"}, label),
            element("td", {class: "number"}, sourced(digits(number), facts)),
            element("td", {}, unit),
            element("td", {}, flavour === "default" ? "" : flavour)
          )
        )
      )
    );
  const absent = Object.entries(record.absent);
  const holder = tallRegion("Every measure");
  const details = element(
    "details",
    {class: "behind"},
    element("summary", {}, `Every measure of this pair (${rows.length})`),
    holder,
    absent.length > 0 &&
      element(
        "p",
        {class: "keys"},
        `Not to be had: ${absent.map(([name, why]) => `${name.replaceAll("_", " ")} (${why})`).join("; ")}.`
      )
  );
  details.addEventListener("toggle", () => {
    if (details.open && holder.childElementCount === 0) holder.append(table());
  });
  return element("div", {}, details, element("p", {class: "export"}, ...tableButtons("measures-of-the-pair", data)));
}

/** Six digits, without the noise of a float. */
function digits(value: number): string {
  if (!Number.isFinite(value)) return fixed(value, 0);
  if (value !== 0 && Math.abs(value) < 1e-3) return scientific(value, 3);
  return String(Number(value.toPrecision(6))).replace("-", "−");
}

/** The error budget of one pair as a figure. */
export function tryBudget(m: ImageMeasures, label: string, pixels: number, {width}: {width: number}): HTMLElement {
  const data = bands.map(
    (band): BandStatistic => ({band, arm: "this", mean: m.bands[band].sse / pixels, sd: null, n: 1, here: null})
  );
  return figure(bandBudget(data, {width, arms: [{id: "this", label}]}), {
    name: "band-budget",
    title: "Where the error is",
    subtitle: levelLegend(""),
    caption: m.bands_exact ? undefined : "A side is not a multiple of 8: the border counts slightly more than once.",
    rows: bands.map((band) => ({
      band,
      "direction and level": bandLabel(band),
      MSE: m.bands[band].sse / pixels,
      "share of the error": m.bands[band].share,
      "band PSNR, published (dB)": m.bands[band].psnr
    }))
  });
}
