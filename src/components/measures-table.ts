import {element} from "./dom.js";
import {dateTime, fixed, scientific, shortHash} from "./format.js";
import {armColour} from "./palette.js";
import {type Facts, sourced} from "./provenance.js";
import type {MeasureRow, SiteArm, SiteImage, SiteIndex} from "./site-data.js";

const columns = [
  {measure: "psnr", label: "PSNR (dB)", format: (v: number) => fixed(v, 2)},
  {measure: "ssim", label: "SSIM", format: (v: number) => fixed(v, 4)},
  {measure: "ms_ssim", label: "MS-SSIM", format: (v: number) => fixed(v, 4)},
  {measure: "mae", label: "MAE", format: (v: number) => fixed(v, 4)},
  {measure: "mse", label: "MSE", format: (v: number) => scientific(v)}
];

/** What can be said of where a number for one image in one arm comes from. */
export function outputFacts(index: SiteIndex, image: SiteImage, arm: SiteArm, flavour?: string): Facts {
  const {artefact, date} = image.outputs[arm.id];
  const set = index.sets.find((one) => one.id === image.set)!;
  return [
    ["image", `${image.id}, ${set.label}`],
    ["arm", arm.label],
    ...(flavour && flavour !== "default" ? ([["flavour", flavour]] as const) : []),
    ["n", "1 image"],
    ["artefact", shortHash(artefact)],
    ...(arm.weights ? ([["weights", shortHash(arm.weights.sha256)]] as const) : []),
    ["seed", image.seed === null ? "none: a real image" : `${image.seed} (the simulated image's)`],
    ["engine", arm.engine],
    ["computed", dateTime(date)]
  ];
}

/** The measures of one image, a row an arm. A chosen arm is marked; a press on a name chooses. */
export function measuresTable(
  index: SiteIndex,
  rows: readonly MeasureRow[],
  {image, arm: chosen}: {image: string; arm?: string}
): HTMLElement {
  const subject = index.images.find((one) => one.id === image)!;
  const value = (arm: string, measure: string) =>
    rows.find((row) => row.image === image && row.arm === arm && row.measure === measure);
  return element(
    "div",
    {class: "scroll", tabindex: 0, role: "region", "aria-label": `Measures of ${image}`},
    element(
      "table",
      {class: "measures"},
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          element("th", {scope: "col"}, "Output"),
          ...columns.map(({label}) => element("th", {scope: "col", class: "number"}, label))
        )
      ),
      element(
        "tbody",
        {},
        ...index.arms.map((arm) =>
          element(
            "tr",
            {"data-arm": arm.id, "aria-current": arm.id === chosen && "true"},
            element(
              "th",
              {scope: "row"},
              element("span", {class: "dot", style: `background: ${armColour(arm.id)}`, "aria-hidden": "true"}),
              arm.label
            ),
            ...columns.map(({measure, format}) => {
              const row = value(arm.id, measure);
              return element(
                "td",
                {class: "number", "data-measure": measure},
                row ? sourced(format(row.value), outputFacts(index, subject, arm, row.flavour)) : "–"
              );
            })
          )
        )
      )
    )
  );
}
