import {type Convention, measureFor} from "./convention.js";
import {element, scrollRegion} from "./dom.js";
import {dateTime, fixed, scientific, shortHash} from "./format.js";
import {armColour} from "./palette.js";
import {type Facts, sourced} from "./provenance.js";
import type {MeasureRow, SiteArm, SiteDetail, SiteIndex} from "./site-data.js";

/** A column: which row of the table answers it depends on the convention and on the kind of arm. */
interface Column {
  readonly id: string;
  readonly label: (convention: Convention) => string;
  readonly measure: (convention: Convention, kind: string) => string;
  readonly format: (value: number) => string;
}

const same = (id: string, label: string, format: Column["format"]): Column => ({
  id,
  label: () => label,
  measure: () => id,
  format
});

const columns: readonly Column[] = [
  {
    id: "psnr",
    label: () => "PSNR (dB)",
    measure: (convention, kind) => measureFor("psnr", convention, {kind}).key,
    format: (v) => fixed(v, 2)
  },
  {
    id: "ssim",
    label: (convention) => measureFor("ssim", convention).label,
    measure: (convention) => measureFor("ssim", convention).key,
    format: (v) => fixed(v, 4)
  },
  same("ms_ssim", "MS-SSIM", (v) => fixed(v, 4)),
  same("mae", "MAE", (v) => fixed(v, 4)),
  same("mse", "MSE", (v) => scientific(v)),
  same("frc_half", "FRC ½ (cycles/pixel)", (v) => fixed(v, 3)),
  same("measurement_consistency", "LR consistency (RMSE)", (v) => fixed(v, 4)),
  same("lesion_psnr", "PSNR in the lesion (dB)", (v) => fixed(v, 2))
];

/** What can be said of where a number for one image in one arm comes from. */
export function outputFacts(index: SiteIndex, {id, outputs}: SiteDetail, arm: SiteArm, flavour?: string): Facts {
  const {artefact, date} = outputs[arm.id];
  const image = index.images.find((one) => one.id === id)!;
  const set = index.sets.find((one) => one.id === image.set)!;
  return [
    ["image", `${image.id}, ${set.label}`],
    ["arm", arm.label],
    ...(flavour && flavour !== "default" ? ([["flavour", flavour]] as const) : []),
    ["n", "1 image"],
    ["artefact", shortHash(artefact)],
    ...(arm.weights ? ([["weights", shortHash(arm.weights.sha256)]] as const) : []),
    ...(arm.generator
      ? ([
          ["generator", shortHash(arm.generator.sha256)],
          ["sampler", `${arm.generator.sampler}, ${arm.generator.steps} steps`]
        ] as const)
      : []),
    [
      "seed",
      [
        image.seed === null ? "none: a real image" : `${image.seed} (the simulated image's)`,
        arm.generator && `${arm.generator.seed} (the noise's)`
      ]
        .filter(Boolean)
        .join(", ")
    ],
    ["engine", arm.engine],
    ["computed", dateTime(date)]
  ];
}

/** The measures of one image (`rows`: all of them), a row an arm, as the convention takes them. The chosen arms are marked. */
export function measuresTable(
  index: SiteIndex,
  rows: readonly MeasureRow[],
  {
    detail,
    chosen = [],
    convention = "default"
  }: {detail: SiteDetail; chosen?: readonly string[]; convention?: Convention}
): HTMLElement {
  const byArm = new Map(rows.map((row) => [`${row.arm} ${row.measure}${row.band}`, row]));
  const value = (arm: string, measure: string) => byArm.get(`${arm} ${measure}`);
  const kindOf = (arm: SiteArm) => ({baseline: "bicubic", autoencoder: "ae", "super-resolution": "sr"})[arm.kind];
  const shown = columns.filter((column) =>
    index.arms.some((arm) => value(arm.id, column.measure(convention, kindOf(arm))) !== undefined)
  );
  return scrollRegion(
    `Measures of ${detail.id}`,
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
          ...shown.map(({label}) => element("th", {scope: "col", class: "number"}, label(convention)))
        )
      ),
      element(
        "tbody",
        {},
        ...index.arms.map((arm) =>
          element(
            "tr",
            {"data-arm": arm.id, "aria-current": chosen.includes(arm.id) && "true"},
            element(
              "th",
              {scope: "row"},
              element("span", {class: "dot", style: `background: ${armColour(arm.id)}`, "aria-hidden": "true"}),
              arm.label
            ),
            ...shown.map(({id, measure, format}) => {
              const row = value(arm.id, measure(convention, kindOf(arm)));
              return element(
                "td",
                {class: "number", "data-measure": id},
                row ? sourced(format(row.value), outputFacts(index, detail, arm, row.flavour)) : "–"
              );
            })
          )
        )
      )
    )
  );
}
