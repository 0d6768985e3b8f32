import {type LadderRow, ladder, ladderPaths, ladderSteps} from "../measures/studies/ladder.js";
import {configurationName} from "../measures/studies/names.js";
import {studyResampling} from "../measures/studies/resampling.js";
import {type Configuration, configurations, referenceConfiguration} from "../measures/studies/roles.js";
import type {ResultRow} from "../measures/studies/rows.js";
import {convention, measureFor, onConvention} from "./convention.js";
import {element, scrollRegion} from "./dom.js";
import {figure} from "./figure.js";
import {fixed, signed} from "./format.js";
import {ladderChart, ladderExtent, type Stage, stageNames, stepColour} from "./ladder-chart.js";
import {type Facts, sourced} from "./provenance.js";
import {responsive} from "./responsive.js";
import {dropdown, segmented} from "./segmented.js";
import {signedRange} from "./signed-range.js";
import type {Published} from "./site-data.js";
import {configurationText, emptyStudy} from "./study-controls.js";
import type {StudyResults} from "./study-data.js";
import {studyFacts} from "./study-facts.js";
import {fromUrl, toUrl} from "./url-state.js";

export interface GeometryBoardOptions {
  /** Null: the published steps only. */
  readonly results: StudyResults | null;
  readonly fidelity: readonly ResultRow[];
  readonly published: Published;
}

type Path = keyof typeof ladderPaths;

const pathOptions: readonly {readonly value: Path; readonly label: string}[] = [
  {value: "by-geometry", label: "geometry first, then domain"},
  {value: "by-resolution", label: "domain first, then resolution and capacity"}
];

/** Everything that the page Geometry or domain? shows. Its state stands in the address. */
export function geometryBoard({results: given, fidelity, published}: GeometryBoardOptions): HTMLElement {
  const results = given ?? emptyStudy(published);
  const candidates = configurations(results.arms).filter(
    ({generator, sampler, steps}) =>
      new Set(
        results.arms
          .filter((arm) => arm.generator === generator && arm.sampler === sampler && arm.steps === steps)
          .map(({autoencoder}) => autoencoder)
      ).size >= 3
  );
  const reference = referenceConfiguration(results);
  const configuration = dropdown(
    candidates.map((one) => ({value: configurationText(one), label: configurationName(results, one)})),
    {
      label: "Super-resolution by",
      value: fromUrl(
        "config",
        reference === null ? "" : configurationText(reference),
        candidates.map(configurationText)
      )
    }
  );
  const path = segmented(pathOptions, {
    label: "Way",
    value: fromUrl(
      "way",
      "by-geometry",
      pathOptions.map(({value}) => value)
    )
  });
  let rows: readonly LadderRow[] = [];
  let chosen: Configuration | undefined;
  let label = "PSNR";
  const charts = responsive((width) => drawCharts(width));
  const summary = element("div", {class: "ladder-summary"});
  const table = element("div", {});
  const note = element("p", {class: "keys"});
  const labelOf = (set: string) => results.sets.find(({id}) => id === set)?.label ?? set;

  function factsOf(row: LadderRow): Facts {
    return studyFacts(results, {
      arms: [row.from!, row.to!],
      sets: [row.set],
      nImages: row.gain!.nImages,
      nPatients: row.gain!.nPatients
    });
  }

  function publishedFacts({published: value, computedFrom}: LadderRow): Facts {
    const data = ["data", published.datasets[value!.dataset!].label] as const;
    const by = `arXiv ${published.citation.arxiv}`;
    if (computedFrom !== null) {
      const ends = [computedFrom.minuend, computedFrom.subtrahend];
      const sources = [...new Set(ends.map(({source}) => source))].map((id) => published.sources[id]);
      return [
        ["published", `${by}, both ends of the step`],
        ["read in", sources.map(({where}) => where).join(" and ")],
        ["computed as", `${ends.map((end) => fixed(end.value, 2)).join(" − ")} dB`],
        data
      ];
    }
    const source = published.sources[value!.source];
    return [
      ["published", `${by}, ${value!.measure}`],
      ["read in", source.where],
      ["precision", source.precision],
      data
    ];
  }

  function drawCharts(width: number): Node {
    const steps = ladderPaths[path.value as Path];
    const own = results.sets.map(({id}) => ({id, rows: rows.filter(({set}) => set === id)}));
    const ends = [0, ...own.flatMap((one) => ladderExtent(one.rows, steps))];
    const [least, most] = [Math.min(...ends), Math.max(...ends)];
    const room = (most - least) * 0.05 || 0.5;
    const domain = [least - room, most + room] as const;
    const columns = Math.max(1, Math.min(own.length, Math.floor((width + 40) / 400)));
    const each = Math.floor((width - 40 * (columns - 1)) / columns);
    return element(
      "div",
      {class: "columns", style: `grid-template-columns: repeat(${columns}, minmax(0, 1fr))`},
      ...own.map((one) => {
        const drawing = ladderChart(one.rows, steps, {
          width: each,
          domain,
          onSelect: (row) => {
            const search = new URLSearchParams({a: row.from!, b: row.to!});
            if (convention() !== "default") search.set("convention", convention());
            location.href = `./statistics.html?${search}`;
          }
        });
        const gain = one.rows.find((row) => row.gain !== null)?.gain;
        return figure(drawing, {
          name: `ladder-${one.id}`,
          title: labelOf(one.id),
          subtitle:
            gain == null
              ? "published steps only"
              : `${gain.nImages} images${gain.nPatients === null ? "" : ` of ${gain.nPatients} patients`}`,
          rows: one.rows
            .filter(({step}) => [...steps, "total"].includes(step.id))
            .map((row) => ({
              step: row.step.kind,
              change: row.step.label,
              at: stageNames[row.stage],
              "gain (dB)": round(row.gain?.mean),
              low: round(row.gain?.low),
              high: round(row.gain?.high),
              "published (dB)": row.published?.value ?? null
            }))
        });
      })
    );
  }

  function legend(): HTMLElement {
    const swatch = (style: string, text: string) =>
      element("span", {class: "item"}, element("span", {class: "dot square", style, "aria-hidden": "true"}), text);
    const filled = (colour: string) => `background: ${colour}`;
    const geometry = stepColour({step: ladderSteps.find(({kind}) => kind === "geometry")!});
    const domain = stepColour({step: ladderSteps.find(({kind}) => kind === "domain")!});
    return element(
      "div",
      {class: "swatches"},
      swatch(filled(geometry), "geometry: resolution, capacity"),
      swatch(filled(domain), "domain: what it was trained on"),
      swatch(
        "background: none; border: 2px solid var(--theme-foreground-muted); box-sizing: border-box",
        "outlined: autoencoder alone"
      ),
      swatch(filled("var(--theme-foreground-muted)"), "solid: super-resolution"),
      element("span", {class: "item"}, element("span", {class: "dot ring", "aria-hidden": "true"}), "published step")
    );
  }

  function drawSummary(): void {
    const of = (id: string, stage: Stage) => rows.filter(({step, stage: at}) => step.id === id && at === stage);
    const span = (list: readonly LadderRow[], which: "gain" | "published"): string | null => {
      const values = list.flatMap((row) => {
        const value = which === "gain" ? row.gain?.mean : row.published?.value;
        return value == null ? [] : [value];
      });
      if (values.length === 0) return null;
      return spanText(values);
    };
    const question = (title: string, id: string) =>
      element(
        "tr",
        {"data-question": id},
        element("th", {scope: "row"}, title),
        ...(["ae", "sr"] as const).flatMap((stage) =>
          (["gain", "published"] as const).map((which) => {
            const list = of(id, stage);
            const text = span(list, which);
            const first = list.find((row) => row[which] !== null);
            return element(
              "td",
              {class: "number", "data-stage": stage, "data-which": which},
              text === null || first === undefined
                ? "–"
                : which === "gain"
                  ? sourced(text, [
                      ["gain", `${title}, least to most over datasets`],
                      ...studyFacts(results, {
                        arms: [first.from!, first.to!],
                        sets: list.filter(({gain}) => gain !== null).map(({set}) => set),
                        nImages: list.reduce((n, {gain}) => n + (gain?.nImages ?? 0), 0),
                        nPatients: list.some(({gain}) => gain !== null && gain.nPatients === null)
                          ? null
                          : list.reduce((n, {gain}) => n + (gain?.nPatients ?? 0), 0)
                      })
                    ])
                  : sourced(text, publishedFacts(first))
            );
          })
        )
      );
    const words =
      given === null
        ? "Published steps only: the revised study’s means, against the true HR."
        : (leadSentence(rows) ?? "This study lacks an arm that the question needs; what is missing shows a dash.");
    const scroll = scrollRegion(
      "Geometry and domain",
      element(
        "table",
        {id: "ladder-summary"},
        element("caption", {class: "visually-hidden"}, "Gain in dB, least to most over datasets"),
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            element("th", {scope: "col"}, "What changes"),
            element("th", {scope: "col", class: "number"}, "alone, here"),
            element("th", {scope: "col", class: "number"}, "alone, published"),
            element("th", {scope: "col", class: "number"}, "SR, here"),
            element("th", {scope: "col", class: "number"}, "SR, published")
          )
        ),
        element(
          "tbody",
          {},
          question("geometry: f8c4 → f4c3, both natural", "geometry"),
          question("domain: natural → medical, both f4c3", "domain-f4"),
          question("domain: natural → medical, both f8c4", "domain-f8"),
          question("both: natural f8c4 → medical f4c3", "total")
        )
      )
    );
    summary.replaceChildren(element("p", {}, words), scroll);
  }

  function drawTable(): void {
    const shown = rows.filter((row) => row.gain !== null || row.published !== null);
    const cell = (row: LadderRow | undefined, which: "gain" | "published") => {
      const value = which === "gain" ? row?.gain?.mean : row?.published?.value;
      if (row === undefined || value == null) return element("td", {class: "number"}, "–");
      const text =
        which === "published" || row.gain!.low === null
          ? signed(value, 2)
          : `${signed(value, 2)} [${signed(row.gain!.low, 2)}, ${signed(row.gain!.high!, 2)}]`;
      return element(
        "td",
        {class: "number", "data-value": value.toFixed(4)},
        sourced(text, which === "gain" ? factsOf(row) : publishedFacts(row))
      );
    };
    const steps = ladderSteps.filter(({id}) => shown.some(({step}) => step.id === id));
    const body = steps.map(({id, kind, label: text}) =>
      element(
        "tbody",
        {"data-step": id},
        element("tr", {class: "group"}, element("th", {colspan: 5, scope: "rowgroup"}, `${kind}: ${text}`)),
        ...results.sets.map(({id: set}) => {
          const at = (stage: Stage) => rows.find((r) => r.step.id === id && r.set === set && r.stage === stage);
          return element(
            "tr",
            {"data-set": set},
            element("th", {scope: "row"}, labelOf(set)),
            cell(at("ae"), "gain"),
            cell(at("ae"), "published"),
            cell(at("sr"), "gain"),
            cell(at("sr"), "published")
          );
        })
      )
    );
    table.replaceChildren(
      figure(
        scrollRegion(
          "Every step",
          element(
            "table",
            {id: "ladder"},
            element("caption", {class: "visually-hidden"}, "Gain of every step in dB"),
            element(
              "thead",
              {},
              element(
                "tr",
                {},
                element("th", {scope: "col"}, "Gain (dB)"),
                ...["alone, here", "alone, published", "SR, here", "SR, published"].map((text) =>
                  element("th", {scope: "col", class: "number"}, text)
                )
              )
            ),
            ...body
          )
        ),
        {
          name: "ladder",
          title: "Every step on every dataset",
          caption: `In brackets the 95 % interval (bootstrap over patients). Published: means against the true HR, from the revised study’s tests (arXiv ${published.citation.arxiv}); it gives no intervals. The published whole step of the autoencoders alone is the difference of their two printed means. A dash: the study lacks one of the step’s two arms, or the revised study gives no number. f8c4: factor 8, 4 channels.`,
          rows: shown.map((row) => ({
            step: row.step.kind,
            change: row.step.label,
            dataset: labelOf(row.set),
            at: stageNames[row.stage],
            "gain (dB)": round(row.gain?.mean),
            low: round(row.gain?.low),
            high: round(row.gain?.high),
            "published (dB)": row.published?.value ?? null
          }))
        }
      )
    );
  }

  function update(): void {
    chosen = candidates.find((one) => configurationText(one) === configuration.value);
    const measure = measureFor("psnr", convention(), {kind: "sr"});
    label = measure.label;
    rows = ladder(results, fidelity, {
      // none for the reference: where each dataset has generators of its own, so is each dataset's reference
      configuration: reference !== null && configuration.value === configurationText(reference) ? undefined : chosen,
      measure: measure.key as "psnr" | "self_psnr",
      published: published.values,
      ...studyResampling
    });
    note.textContent =
      measure.key === "self_psnr"
        ? `${label} at the SR output: compared with decode(encode(HR)) by the same autoencoder, what a small latent loses does not count. The published steps are against HR.`
        : "PSNR against HR, for the autoencoders alone and for super-resolution in their latents. Each bar stands on the one before; a ring is the published step on a dataset of the same anatomy, drawn from the same start.";
    toUrl({
      config:
        reference !== null && configuration.value === configurationText(reference) ? null : configuration.value || null,
      way: path.value === "by-geometry" ? null : path.value
    });
    charts.redraw();
    drawSummary();
    drawTable();
  }

  configuration.addEventListener("input", update);
  path.addEventListener("input", () => {
    toUrl({way: path.value === "by-geometry" ? null : path.value});
    charts.redraw();
  });
  const board = element(
    "div",
    {class: "geometry-board"},
    summary,
    element("h2", {}, "One step at a time"),
    element("div", {class: "controls"}, candidates.length > 0 && configuration, path),
    note,
    legend(),
    charts,
    element("h2", {}, "The numbers"),
    table
  );
  onConvention(() => update());
  return board;
}

/** Least to most: `−0.21 to +0.64 dB`. */
function spanText(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return `${least === most ? signed(least, 2) : signedRange(least, most, 2)} dB`;
}

/**
 * What a larger latent and what medical training is worth to SR, at either latent at which the study has both autoencoders, and on
 * how many datasets the interval of the latter lies on which side of zero. Null where the study cannot say.
 */
export function leadSentence(rows: readonly LadderRow[]): string | null {
  const of = (id: string) =>
    rows.flatMap(({step, stage, gain}) => (step.id === id && stage === "sr" && gain !== null ? [gain] : []));
  const worth = (gains: ReturnType<typeof of>) => spanText(gains.map(({mean}) => mean));
  const sides = (gains: ReturnType<typeof of>) => {
    const above = gains.filter(({low}) => low !== null && low > 0).length;
    const below = gains.filter(({high}) => high !== null && high < 0).length;
    return `the interval lies above zero on ${above} and below zero on ${below} of ${gains.length} datasets`;
  };
  const [geometry, small, large] = ["geometry", "domain-f8", "domain-f4"].map(of);
  if (geometry.length === 0 || large.length === 0) return null;
  const domains = [
    {at: "f4c3", gains: large},
    {at: "f8c4", gains: small}
  ].filter(({gains}) => gains.length > 0);
  const parts = domains.map(({at, gains}) => `at ${at} ${worth(gains)} (${sides(gains)})`);
  const clear = domains.flatMap(({gains}) => gains).filter(({low, high}) => low !== null && (low > 0 || high! < 0));
  return `At the SR output, a larger latent (f8c4 → f4c3, both natural) is worth ${worth(geometry)}, and medical training ${parts.join(", and ")}. ${
    clear.length === 0
      ? "No dataset’s interval of the latter leaves out zero: as the revised study says, geometry carries the gain."
      : "Where an interval leaves out zero, domain matters too, for better or worse."
  }`;
}

function round(value: number | null | undefined): number | null {
  return value == null ? null : Number(value.toFixed(4));
}
