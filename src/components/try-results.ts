import type {ImageMeasures} from "../measures/measure-image.js";
import {bandBudget} from "./band-budget.js";
import {type BandStatistic, bandLabel, bands} from "./bands-data.js";
import {element} from "./dom.js";
import {figure} from "./figure.js";
import {fixed, scientific} from "./format.js";
import {type Facts, sourced} from "./provenance.js";

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
  return element(
    "div",
    {class: "scroll", tabindex: 0, role: "region", "aria-label": "Measures"},
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

/** The error budget of one pair as a figure. */
export function tryBudget(m: ImageMeasures, label: string, pixels: number, {width}: {width: number}): HTMLElement {
  const data = bands.map(
    (band): BandStatistic => ({band, arm: "this", mean: m.bands[band].sse / pixels, sd: null, n: 1, here: null})
  );
  return figure(bandBudget(data, {width, arms: [{id: "this", label}]}), {
    name: "band-budget",
    title: "Where the error is",
    subtitle: "Dark: coarse (level 3), light: fine (level 1); grey: the coarse picture, LL3.",
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
