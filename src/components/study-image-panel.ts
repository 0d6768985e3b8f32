import {imageValues, type ResultRow} from "../measures/studies/rows.js";
import {element, scrollRegion} from "./dom.js";
import {fixed} from "./format.js";
import {armColour} from "./palette.js";
import {sourced} from "./provenance.js";
import type {SiteIndex} from "./site-data.js";
import type {StatisticsMeasure} from "./statistics-measures.js";
import type {StudyResults} from "./study-data.js";
import {studyFacts} from "./study-facts.js";

export interface ImagePanelOptions {
  readonly results: StudyResults;
  readonly set: string;
  readonly image: string;
  /** The chosen arms: marked. */
  readonly a: string;
  readonly b: string;
  /** What the numbers are, with the table that they stand in. */
  readonly measures: readonly {readonly measure: StatisticsMeasure; readonly rows: readonly ResultRow[]}[];
  readonly seed?: number;
  /** Where its pictures can be seen; null where this site has none. */
  readonly pictures: string | null;
}

/** One image: the numbers of every arm of the study that has it: A and B, then the others, best first by the first measure. */
export function studyImagePanel({results, set, image, a, b, measures, seed, pictures}: ImagePanelOptions): HTMLElement {
  const info = results.images.find((one) => one.set === set && one.id === image);
  const numbers = measures.map(({measure, rows}) => {
    const values = new Map<string, number | null>();
    for (const {id, seeds} of results.arms) {
      const one = seed !== undefined && seeds.includes(seed) ? seed : undefined;
      const found = imageValues(rows, {set, arm: id, measure: measure.key, seed: one}).find((v) => v.image === image);
      values.set(id, found?.value ?? null);
    }
    return {measure, values};
  });
  const [first] = numbers;
  const sign = first?.measure.better === "lower" ? 1 : -1;
  // the chosen two in sight, whatever their rank
  const place = (id: string) => (id === a ? 0 : id === b ? 1 : 2);
  const arms = results.arms
    .filter(({id}) => numbers.some(({values}) => values.get(id) != null))
    .map((arm) => ({arm, value: first?.values.get(arm.id) ?? null}))
    .sort(
      (x, y) =>
        place(x.arm.id) - place(y.arm.id) ||
        (x.value === null || y.value === null
          ? Number(x.value === null) - Number(y.value === null)
          : sign * (x.value - y.value))
    );
  const finite = arms.flatMap(({value}) => (value !== null && Number.isFinite(value) ? [value] : []));
  const [least, most] = [Math.min(...finite), Math.max(...finite)];
  const share = (value: number | null) =>
    value === null || !Number.isFinite(value) ? null : most === least ? 1 : (value - least) / (most - least);
  const facts = [
    info?.modality,
    info?.patient && info.patient !== image && `patient ${info.patient}`,
    results.sets.find(({id}) => id === set)?.label
  ].filter(Boolean);
  return element(
    "section",
    {class: "image-panel", "aria-label": `Numbers of ${image} in all arms`, "data-image": image},
    element("h3", {}, image),
    element("p", {class: "sub"}, facts.join(" · ")),
    pictures === null
      ? element("p", {class: "sub"}, "This site has no picture of this image: only its numbers.")
      : element("p", {class: "sub"}, element("a", {href: pictures}, "Look at it on Reconstructions")),
    scrollRegion(
      `Arms of ${image}`,
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
            ...numbers.map(({measure}) =>
              element("th", {scope: "col", class: "number"}, measure.label, measure.unit !== "" && ` (${measure.unit})`)
            )
          )
        ),
        element(
          "tbody",
          {},
          ...arms.map(({arm, value}) =>
            element(
              "tr",
              {"data-arm": arm.id, "aria-current": (arm.id === a || arm.id === b) && "true"},
              element(
                "th",
                {scope: "row"},
                element("span", {class: "dot", style: `background: ${armColour(arm.id)}`, "aria-hidden": "true"}),
                arm.label,
                arm.id === a && element("strong", {class: "badge"}, "A"),
                arm.id === b && element("strong", {class: "badge"}, "B")
              ),
              ...numbers.map(({measure, values}, i) => {
                const number = values.get(arm.id) ?? null;
                const width = i === 0 ? share(value) : null;
                return element(
                  "td",
                  {class: "number", "data-measure": measure.key},
                  width !== null &&
                    element("span", {
                      class: "bar",
                      style: `width: ${(width * 60).toFixed(1)}px; background: ${armColour(arm.id)}`,
                      "aria-hidden": "true"
                    }),
                  number === null
                    ? "–"
                    : sourced(fixed(number, measure.digits), [
                        ["measure", `${measure.label}. ${measure.meaning}`],
                        ["image", image],
                        ...studyFacts(results, {
                          arms: [arm.id],
                          sets: [set],
                          seed: seed !== undefined && arm.seeds.includes(seed) ? seed : undefined,
                          nImages: 1
                        })
                      ])
                );
              })
            )
          )
        )
      )
    )
  );
}

/** The address of the page that shows an image's pictures, with those of the arms that the site has; null without pictures. */
export function picturesOf(index: SiteIndex | null, image: string, arms: readonly string[]): string | null {
  if (index === null || !index.images.some(({id}) => id === image)) return null;
  const shown = [...new Set(arms)].filter((arm) => index.arms.some(({id}) => id === arm));
  const search = new URLSearchParams({image, ...(shown.length > 0 ? {arms: shown.join(",")} : {})});
  return `./reconstructions.html?${search}`;
}
