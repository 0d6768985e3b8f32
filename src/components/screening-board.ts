import type {LinearFit} from "../measures/statistics/index.js";
import {type CeilingFit, ceilingFit, ceilingPoints, publishedCeilingPoints} from "../measures/studies/ceiling.js";
import {configurationName} from "../measures/studies/names.js";
import {publishedValue} from "../measures/studies/published.js";
import {
  type Configuration,
  configurations,
  publishedDataset,
  referenceConfiguration
} from "../measures/studies/roles.js";
import type {ResultRow} from "../measures/studies/rows.js";
import {type CeilingDot, ceilingChart, ceilingShapes, dotKey} from "./ceiling-chart.js";
import {convention, measureFor, onConvention} from "./convention.js";
import {element, scrollRegion} from "./dom.js";
import {type FigureRow, figure} from "./figure.js";
import {fixed, signed} from "./format.js";
import {armColour} from "./palette.js";
import {type Facts, sourced} from "./provenance.js";
import {responsive} from "./responsive.js";
import {dropdown, segmented} from "./segmented.js";
import {signedRange} from "./signed-range.js";
import type {Published} from "./site-data.js";
import {configurationText, emptyStudy, numberField} from "./study-controls.js";
import type {StudyResults} from "./study-data.js";
import {studyFacts} from "./study-facts.js";
import {fromUrl, toUrl} from "./url-state.js";

export interface ScreeningBoardOptions {
  /** Null: the published points only. */
  readonly results: StudyResults | null;
  readonly fidelity: readonly ResultRow[];
  readonly published: Published;
}

/** A line that can predict, and what it was fitted to. */
interface Predictor {
  readonly id: string;
  readonly label: string;
  readonly line: LinearFit;
  readonly range: readonly [number, number];
  readonly facts: Facts;
}

/** Everything that the page Screening shows of a study. Its state stands in the address. */
export function screeningBoard({results: given, fidelity, published}: ScreeningBoardOptions): HTMLElement {
  const results = given ?? emptyStudy(published);
  const candidates = configurations(results.arms).filter(
    (one) => new Set(armsOf(results, one).map(({autoencoder}) => autoencoder)).size >= 3
  );
  const reference = referenceConfiguration(results);
  const name = (one: Configuration) => configurationText(one);
  const configuration = dropdown(
    candidates.map((one) => ({value: name(one), label: configurationName(results, one)})),
    {
      label: "Super-resolution by",
      value: fromUrl("config", reference === null ? "" : name(reference), candidates.map(name))
    }
  );
  const show = segmented(
    [
      {value: "both", label: "both"},
      {value: "ours", label: "ours"},
      {value: "published", label: "published"}
    ],
    {label: "Points", value: fromUrl("points", "both", ["both", "ours", "published"])}
  );
  const ask = numberField({label: "An autoencoder’s own PSNR", value: null, unit: "dB", min: 5, max: 80, step: 0.01});
  const asked = Number(fromUrl("at", ""));

  const theirs = ceilingFit(publishedCeilingPoints(published.values));
  let ours: CeilingFit | null = null;
  /** Whether our SR is compared with the autoencoder's own reconstruction, as the published points are. */
  let selfReferential = false;
  const ourReference = () => (selfReferential ? "self-referential" : "against HR");
  const chart = responsive((width) => drawChart(width));
  const answer = element("div", {class: "answer", "aria-live": "polite"});
  const fits = element("div", {});
  const finding = element("p", {});
  const setLabel = (id: string) =>
    results.sets.find((set) => set.id === id)?.label ?? published.datasets[id]?.label ?? id;
  // a dataset has the shape of its anatomy, ours and theirs alike
  const anatomies = [
    ...new Set([
      ...results.sets.map(({anatomy}) => publishedDataset(anatomy) ?? anatomy),
      ...theirs.points.map(({set}) => set)
    ])
  ];
  const shapeOf = (set: string) => {
    const anatomy = results.sets.find((one) => one.id === set)?.anatomy;
    return anatomies.indexOf(anatomy === undefined ? set : (publishedDataset(anatomy) ?? anatomy));
  };

  function chosen(): Configuration | null {
    return candidates.find((one) => name(one) === configuration.value) ?? candidates[0] ?? null;
  }

  /** None for the reference: where each dataset has generators of its own, so is each dataset's reference. */
  function ownOf(one: Configuration): Configuration | undefined {
    return reference !== null && name(one) === name(reference) ? undefined : one;
  }

  function dots(): CeilingDot[] {
    const own = (ours?.points ?? []).map((point) => ({
      ...point,
      setLabel: setLabel(point.set),
      autoencoderLabel: results.autoencoders.find(({id}) => id === point.autoencoder)?.label ?? point.autoencoder,
      shape: shapeOf(point.set),
      published: false
    }));
    const others = theirs.points.map((point) => ({
      ...point,
      setLabel: setLabel(point.set),
      autoencoderLabel: studiedNames[point.autoencoder] ?? point.autoencoder,
      shape: shapeOf(point.set),
      published: true
    }));
    return [...(show.value === "published" ? [] : own), ...(show.value === "ours" ? [] : others)];
  }

  function drawChart(width: number): Node {
    const points = dots();
    if (points.length === 0) {
      return element(
        "p",
        {class: "note-simulated"},
        "No autoencoder of this study has both arms, alone and super-resolved."
      );
    }
    const drawing = ceilingChart({
      width,
      ours: show.value === "published" ? null : ours,
      published: show.value === "ours" ? null : theirs,
      dots: points,
      at: ask.value,
      yLabel: axisLabel(width),
      onSelect: (dot) => set(dot.ceiling),
      onAt: (ceiling) => set(ceiling)
    });
    return figure(drawing, {
      name: "screening",
      title: "Does the autoencoder’s ceiling predict super-resolution?",
      subtitle: legend(points),
      caption: `A point is an autoencoder on a dataset: means over patients. Filled: this study, ${ourReference()}; hollow: published (MedVAE-4-3 and SD-VAE), self-referential, that is against the autoencoder’s own reconstruction. Thick line and band: all of our points with the 95 % interval of one new point; thin: each dataset by itself; red: the published points; dotted: super-resolution as good as its ceiling.`,
      rows: points.map(
        (dot): FigureRow => ({
          from: dot.published ? "published" : "this study",
          dataset: dot.setLabel,
          autoencoder: dot.autoencoderLabel,
          "ceiling (dB)": Number(dot.ceiling.toPrecision(7)),
          "super-resolution (dB)": Number(dot.sr.toPrecision(7))
        })
      )
    });
  }

  /** Two references on one axis: the label says which points have which. */
  function axisLabel(width: number): string {
    const both = {ours: ourReference(), published: "published self-referential"};
    const which =
      show.value === "published"
        ? "self-referential"
        : show.value === "ours" || selfReferential
          ? ourReference()
          : `ours ${both.ours}, ${both.published}`;
    return `${width < 560 ? "SR PSNR, dB" : "Super-resolution: PSNR (dB)"}, ${which}`;
  }

  function legend(points: readonly CeilingDot[]): HTMLElement {
    const autoencoders = new Map<string, Set<string>>();
    for (const {autoencoder, autoencoderLabel} of points) {
      const colour = armColour(`ae:${autoencoder}`);
      autoencoders.set(colour, (autoencoders.get(colour) ?? new Set()).add(autoencoderLabel));
    }
    const shapes = new Map(points.map((dot) => [dot.shape, dot]));
    return element(
      "span",
      {class: "swatches"},
      ...Array.from(autoencoders, ([colour, names]) =>
        element(
          "span",
          {class: "item"},
          element("span", {class: "dot", style: `background: ${colour}`, "aria-hidden": "true"}),
          [...names].join(" or ")
        )
      ),
      ...Array.from(shapes, ([shape, dot]) => {
        const holder = element("span", {class: "item"});
        holder.innerHTML = `<svg width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true"><path d="${shapePaths[ceilingShapes[shape % ceilingShapes.length]]}" fill="var(--theme-foreground-muted)"/></svg>`;
        const anatomy = results.sets.find(({id}) => id === dot.set)?.anatomy;
        const name = anatomy ?? published.datasets[dot.set]?.anatomy ?? dot.setLabel;
        holder.append(name === "cxr" ? "chest" : name);
        return holder;
      }),
      ...[
        {published: false, style: "background: var(--theme-foreground-muted)", text: `ours: ${ourReference()}`},
        {
          published: true,
          style: "background: none; border: 2px solid var(--theme-foreground-muted); box-sizing: border-box",
          text: "published: self-referential"
        }
      ]
        .filter((one) => points.some((dot) => dot.published === one.published))
        .map(({style, text}) =>
          element("span", {class: "item"}, element("span", {class: "dot", style, "aria-hidden": "true"}), text)
        )
    );
  }

  function factsOf(sets: readonly string[]): Facts {
    const one = chosen();
    const generated = one === null ? [] : armsOf(results, one);
    // an autoencoder without super-resolution is no point
    const alone = results.arms.filter(
      ({kind, autoencoder}) => kind === "ae" && generated.some((arm) => arm.autoencoder === autoencoder)
    );
    const arms = [...alone, ...generated].map(({id}) => id);
    const images = results.images.filter(({set}) => sets.includes(set));
    const patients = new Set(images.map(({set, patient}) => (patient === null ? null : `${set} ${patient}`)));
    return studyFacts(results, {
      arms,
      sets,
      nImages: images.length,
      nPatients: patients.has(null) ? null : patients.size
    });
  }

  function predictors(): Predictor[] {
    const range = (fit: CeilingFit, set?: string): [number, number] => {
      const xs = fit.points.filter((point) => set === undefined || point.set === set).map(({ceiling}) => ceiling);
      return [Math.min(...xs), Math.max(...xs)];
    };
    const publishedFacts: Facts = [
      ["published", `arXiv ${published.citation.arxiv}`],
      ["read in", published.sources.fig_ae_ceiling_correlation.where],
      ["n", `${theirs.points.length} points; super-resolution self-referential`]
    ];
    return [
      ...(ours === null || ours.points.length === 0
        ? []
        : [
            {
              id: "pooled",
              label: "all our points",
              line: ours.pooled.line,
              range: range(ours),
              facts: factsOf(results.sets.map(({id}) => id))
            },
            ...ours.within.map(({set, line}) => ({
              id: set,
              label: setLabel(set),
              line,
              range: range(ours!, set),
              facts: factsOf([set])
            }))
          ]),
      {
        id: "published",
        label: `the ${theirs.points.length} published points`,
        line: theirs.pooled.line,
        range: range(theirs),
        facts: publishedFacts
      }
    ];
  }

  function drawAnswer(): void {
    const at = ask.value;
    if (at === null) {
      answer.replaceChildren(element("p", {class: "keys"}, "Type a PSNR from 5 to 80 dB, or click in the chart."));
      return;
    }
    answer.replaceChildren(
      scrollRegion(
        "Predicted super-resolution",
        element(
          "table",
          {class: "prediction"},
          element(
            "thead",
            {},
            element(
              "tr",
              {},
              element("th", {scope: "col"}, "Predicted from"),
              element("th", {scope: "col", class: "number"}, "SR PSNR (dB)"),
              element("th", {scope: "col", class: "number"}, "95 % prediction interval (dB)"),
              element("th", {scope: "col"}, "")
            )
          ),
          element(
            "tbody",
            {},
            ...predictors().map(({id, label, line, range, facts}) => {
              if (line.slope === null) {
                return element(
                  "tr",
                  {"data-predictor": id},
                  element("th", {scope: "row"}, label),
                  element("td", {class: "number"}, "–"),
                  element("td", {class: "number"}, "–"),
                  element("td", {}, line.reason)
                );
              }
              const {fit, prediction} = line.at(at);
              const outside = at < range[0] || at > range[1];
              return element(
                "tr",
                {"data-predictor": id},
                element("th", {scope: "row"}, label),
                element(
                  "td",
                  {class: "number", "data-fit": fit.toFixed(4)},
                  sourced(fixed(fit, 2), [
                    ["prediction", `at a ceiling of ${fixed(at, 2)} dB, ${line.n} points`],
                    ...facts
                  ])
                ),
                element(
                  "td",
                  {class: "number"},
                  prediction === null ? "–" : `${fixed(prediction[0], 2)} to ${fixed(prediction[1], 2)}`
                ),
                element(
                  "td",
                  {},
                  outside ? `outside ${fixed(range[0], 1)} to ${fixed(range[1], 1)} dB: an extrapolation` : ""
                )
              );
            })
          )
        )
      )
    );
  }

  function drawFits(): void {
    const pair = (interval: readonly [number, number] | null | undefined, digits: number) =>
      interval == null ? "–" : signedRange(interval[0], interval[1], digits);
    const lines = (fit: CeilingFit, who: string, facts: (set?: string) => Facts) => [
      {id: `${who}-pooled`, label: "all points pooled", facts: facts(), ...fit.pooled},
      {id: `${who}-centred`, label: "levels of the datasets taken away", facts: facts(), ...fit.centred},
      ...(who === "ours"
        ? fit.within.map(({set, ...own}) => ({
            id: `${who}-${set}`,
            label: `within ${setLabel(set)}`,
            facts: facts(set),
            ...own
          }))
        : [])
    ];
    const groups = [
      ...(ours === null || ours.points.length === 0
        ? []
        : [
            {
              title: "This study",
              rows: lines(ours, "ours", (set) => factsOf(set === undefined ? results.sets.map(({id}) => id) : [set]))
            }
          ]),
      {
        title: "Published",
        rows: lines(theirs, "published", () => [
          ["published", `arXiv ${published.citation.arxiv}; computed here from its points`],
          ["printed R²", fixed(publishedValue(published.values, {measure: "ceiling_fit_R2"})?.value, 4)]
        ])
      }
    ];
    const table = element(
      "table",
      {id: "fits"},
      element("caption", {class: "visually-hidden"}, "Regression of super-resolution on the ceiling"),
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          element("th", {scope: "col"}, "Points"),
          ...["n", "R²", "r", "95 % interval of r (Fisher)", "slope (dB/dB)", "95 % interval of the slope"].map(
            (text) => element("th", {scope: "col", class: "number"}, text)
          )
        )
      ),
      ...groups.map(({title, rows}) =>
        element(
          "tbody",
          {},
          element("tr", {class: "group"}, element("th", {colspan: 7, scope: "rowgroup"}, title)),
          ...rows.map(({id, label, facts, correlation, line}) =>
            element(
              "tr",
              {"data-fit": id},
              element("th", {scope: "row"}, label),
              element("td", {class: "number"}, String(correlation.n)),
              element("td", {class: "number"}, line.r2 === null ? "–" : sourced(fixed(line.r2, 3), facts)),
              element("td", {class: "number"}, fixed(correlation.r, 2)),
              element("td", {class: "number"}, pair(correlation.interval, 2)),
              element("td", {class: "number"}, line.slope === null ? "–" : signed(line.slope, 2)),
              element("td", {class: "number"}, pair(line.slopeInterval, 2))
            )
          )
        )
      )
    );
    const leftOut = (ours?.leaveOneOut ?? []).map((one) => ({
      "dataset left out": setLabel(one.group),
      n: one.n,
      "slope of the others (dB/dB)": one.slope === null ? null : Number(one.slope.toFixed(3)),
      "R² of the others": one.r2 === null ? null : Number(one.r2.toFixed(3)),
      "error on it, RMSE (dB)": one.rmse === null ? null : Number(one.rmse.toFixed(3)),
      "Q² on it": one.q2 === null ? null : Number(one.q2.toFixed(3))
    }));
    fits.replaceChildren(
      figure(scrollRegion("Regressions", table), {
        name: "screening-fits",
        title: "The same regression, pooled and within",
        caption:
          "“Levels taken away”: each point minus its dataset’s mean, so that only autoencoders differ; its intervals are those of a partial correlation (Fisher 1924), with a degree of freedom less for each further dataset. Printed for the first version: R² = 0.67 on six points; for the revision 0.69 on fifteen, whose values we could not read.",
        rows: groups.flatMap(({title, rows}) =>
          rows.map(({label, correlation, line}) => ({
            from: title,
            points: label,
            n: correlation.n,
            "R²": line.r2,
            r: correlation.r,
            slope: line.slope,
            "slope, low": line.slopeInterval?.[0] ?? null,
            "slope, high": line.slopeInterval?.[1] ?? null
          }))
        )
      }),
      ...(leftOut.length < 2
        ? []
        : [
            figure(scrollRegion("Leave one dataset out", plainTable(leftOut)), {
              name: "screening-leave-one-out",
              title: "Leave one dataset out: does the line of the others predict it?",
              caption:
                "Q² = 1 − error² / spread around the others’ mean: 1 is perfect, 0 is no better than that mean, below 0 worse.",
              rows: leftOut
            })
          ])
    );
  }

  function drawFinding(): void {
    if (ours === null || ours.pooled.line.r2 === null) {
      finding.textContent = "";
      return;
    }
    const within = ours.within.flatMap(({line}) => (line.r2 === null ? [] : [line.r2]));
    const worst = ours.leaveOneOut.filter(({rmse}) => rmse !== null).sort((a, b) => b.rmse! - a.rmse!)[0];
    finding.replaceChildren(
      "Over all our points R² is ",
      sourced(fixed(ours.pooled.line.r2, 3), factsOf(results.sets.map(({id}) => id))),
      `; with the datasets’ levels taken away ${fixed(ours.centred.line.r2, 3)}`,
      within.length > 1
        ? `; within one dataset ${fixed(Math.min(...within), 3)} to ${fixed(Math.max(...within), 3)}`
        : "",
      worst === undefined
        ? ". "
        : `. A dataset that the line has not seen is predicted with an RMSE of up to ${fixed(worst.rmse, 1)} dB (${setLabel(worst.group)}). `,
      ours.centred.line.r2 !== null && ours.centred.line.r2 < ours.pooled.line.r2
        ? "Datasets differ in how hard they are for both stages: that is part of what the pooled R² counts."
        : "The datasets’ levels do not make this R²: they blur it. But how well a ceiling predicts is known for these datasets only."
    );
  }

  function set(ceiling: number): void {
    ask.value = Number(ceiling.toFixed(2));
    update(false);
  }

  function update(refit = true): void {
    const one = chosen();
    if (refit) {
      const kind = measureFor("psnr", convention(), {kind: "sr"});
      selfReferential = kind.key === "self_psnr";
      const points =
        one === null
          ? []
          : ceilingPoints(results, fidelity, {configuration: ownOf(one), measure: kind.key as "psnr" | "self_psnr"});
      ours = points.length === 0 ? null : ceilingFit(points);
      if (ask.value === null && Number.isFinite(asked) && asked >= 5 && asked <= 80 && firstTime) ask.value = asked;
      else if (ask.value === null && firstTime) {
        const from = ours ?? theirs;
        ask.value = Number(
          (from.points.reduce((total, {ceiling}) => total + ceiling, 0) / from.points.length).toFixed(1)
        );
        initial = ask.value;
      }
      firstTime = false;
      drawFits();
      drawFinding();
    }
    toUrl({
      config: reference !== null && configuration.value === name(reference) ? null : configuration.value || null,
      points: show.value === "both" ? null : show.value,
      at: ask.value === null || ask.value === initial ? null : String(ask.value)
    });
    chart.redraw();
    const near = dots().find(({ceiling}) => ask.value !== null && Math.abs(ceiling - ask.value) < 0.005);
    (chart.querySelector("svg") as unknown as {setPoint?(key: string | null): void} | null)?.setPoint?.(
      near === undefined ? null : dotKey(near)
    );
    drawAnswer();
  }

  let firstTime = true;
  let initial: number | null = null;
  configuration.addEventListener("input", () => update());
  show.addEventListener("input", () => update(false));
  ask.addEventListener("input", () => update(false));
  const board = element(
    "div",
    {class: "screening-board"},
    element("div", {class: "controls"}, candidates.length > 0 && configuration, show),
    chart,
    finding,
    element("h2", {}, "Predict"),
    element("div", {class: "controls"}, ask),
    answer,
    element("h2", {}, "How much of it is the datasets?"),
    fits
  );
  onConvention(() => update());
  return board;
}

/** How people write the names of the published points' autoencoders. */
const studiedNames: Readonly<Record<string, string>> = {sdvae: "SD-VAE", "medvae-4-3": "MedVAE-4-3"};

/** Of Plot's symbols, at the size of a legend. */
const shapePaths: Readonly<Record<(typeof ceilingShapes)[number], string>> = {
  circle: "M5,0A5,5,0,1,1,-5,0A5,5,0,1,1,5,0",
  square: "M-4.5,-4.5H4.5V4.5H-4.5Z",
  triangle: "M0,-5.5L5,4H-5Z",
  diamond: "M0,-6L4,0L0,6L-4,0Z",
  star: "M0,-6L1.4,-1.9H5.7L2.2,0.7L3.5,4.9L0,2.3L-3.5,4.9L-2.2,0.7L-5.7,-1.9H-1.4Z"
};

function armsOf(results: StudyResults, {generator, sampler, steps}: Configuration) {
  return results.arms.filter(
    (arm) => arm.kind === "sr" && arm.generator === generator && arm.sampler === sampler && arm.steps === steps
  );
}

function plainTable(rows: readonly FigureRow[]): HTMLTableElement {
  const columns = Object.keys(rows[0]);
  const number = (column: string) => rows.some((row) => typeof row[column] === "number") && "number";
  return element(
    "table",
    {},
    element(
      "thead",
      {},
      element("tr", {}, ...columns.map((column) => element("th", {scope: "col", class: number(column)}, column)))
    ),
    element(
      "tbody",
      {},
      ...rows.map((row) =>
        element(
          "tr",
          {},
          ...columns.map((column, i) => {
            const value = row[column];
            const text =
              value === null ? "–" : typeof value === "number" ? fixed(value, Number.isInteger(value) ? 0 : 2) : value;
            return i === 0 ? element("th", {scope: "row"}, text) : element("td", {class: number(column)}, text);
          })
        )
      )
    )
  );
}
