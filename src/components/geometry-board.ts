import {type LadderRow, ladder, ladderPaths, ladderSteps} from "../measures/studies/ladder.js";
import {type Configuration, configurations, referenceConfiguration} from "../measures/studies/roles.js";
import type {ResultRow} from "../measures/studies/rows.js";
import {convention, measureFor, onConvention} from "./convention.js";
import {element, scrollRegion} from "./dom.js";
import {figure} from "./figure.js";
import {signed} from "./format.js";
import {ladderChart, ladderExtent, type Stage, stageNames, stepColour} from "./ladder-chart.js";
import {type Facts, sourced} from "./provenance.js";
import {responsive} from "./responsive.js";
import {dropdown, segmented} from "./segmented.js";
import type {Published} from "./site-data.js";
import {configurationLabel, configurationText, emptyStudy} from "./study-controls.js";
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
    candidates.map((one) => ({value: configurationText(one), label: configurationLabel(results, one)})),
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
  const datasetOf = (row: LadderRow) => row.published?.dataset;

  function factsOf(row: LadderRow): Facts {
    return studyFacts(results, {
      arms: [row.from!, row.to!],
      sets: [row.set],
      nImages: row.gain!.nImages,
      nPatients: row.gain!.nPatients
    });
  }

  function publishedFacts(row: LadderRow): Facts {
    const source = published.sources[row.published!.source];
    return [
      ["published", `arXiv ${published.citation.arxiv}, ${row.published!.measure}`],
      ["read in", source.where],
      ["precision", source.precision],
      ["data", published.datasets[datasetOf(row)!].label]
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
    const swatch = (colour: string, opacity: number, text: string) =>
      element(
        "span",
        {class: "item"},
        element("span", {
          class: "dot square",
          style: `background: ${colour}; opacity: ${opacity}`,
          "aria-hidden": "true"
        }),
        text
      );
    const geometry = stepColour({step: ladderSteps.find(({kind}) => kind === "geometry")!});
    const domain = stepColour({step: ladderSteps.find(({kind}) => kind === "domain")!});
    return element(
      "div",
      {class: "swatches"},
      swatch(geometry, 0.95, "geometry: resolution, capacity"),
      swatch(domain, 0.95, "domain: what it was trained on"),
      swatch("var(--theme-foreground-muted)", 0.4, "light: autoencoder alone"),
      swatch("var(--theme-foreground-muted)", 0.95, "full: super-resolution"),
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
      const [least, most] = [Math.min(...values), Math.max(...values)];
      return least === most ? `${signed(least, 2)} dB` : `${signed(least, 2)} to ${signed(most, 2)} dB`;
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
    const domainSr = of("domain-f4", "sr").filter(({gain}) => gain !== null);
    const geometrySr = of("geometry", "sr").filter(({gain}) => gain !== null);
    const words =
      domainSr.length === 0 || geometrySr.length === 0
        ? given === null
          ? "Published steps only: the revised study’s means, against the true HR."
          : "This study lacks an arm that the question needs; what is missing shows a dash."
        : `At the SR output, a larger latent is worth ${span(geometrySr, "gain")} and medical training at the same latent ${span(domainSr, "gain")}. ${
            domainSr.every(({gain}) => gain!.low !== null && gain!.low! <= 0 && gain!.high! >= 0)
              ? "No dataset’s interval of the latter leaves out zero: as the revised study says, geometry carries the gain."
              : `On ${domainSr.filter(({gain}) => gain!.low !== null && (gain!.low! > 0 || gain!.high! < 0)).length} of ${domainSr.length} datasets the interval of the latter leaves out zero: domain matters there too.`
          }`;
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
          caption: `In brackets the 95 % interval (bootstrap over patients). Published: means against the true HR, from the revised study’s tests (arXiv ${published.citation.arxiv}); it gives no intervals. f8c4: factor 8, 4 channels.`,
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
      resamples: 2000
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

function round(value: number | null | undefined): number | null {
  return value == null ? null : Number(value.toFixed(4));
}
