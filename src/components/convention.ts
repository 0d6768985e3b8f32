import {type BandName, bandLabel, bandNames} from "../measures/bands.js";
import {element} from "./dom.js";
import {segmented} from "./segmented.js";
import {fromUrl, keepStateIn, keepStateInLinks, toUrl} from "./url-state.js";

/**
 * How numbers are taken wherever the field disagrees: as the study did (`published`), so that they can be laid beside its
 * own, or as a careful reader would want them (`default`). One switch for the whole notebook: it stands in the address, goes
 * along every link to another page, and changes all numbers together.
 */
export type Convention = "published" | "default";

export const conventions: readonly Convention[] = ["default", "published"];

/** Said on `window` when the switch is thrown. Not module state: the header has its own copy of this module. */
const event = "bandscope:convention";

/** The convention that the address names. */
export function convention(): Convention {
  return fromUrl("convention", "default", conventions) as Convention;
}

/** Changes the convention of the page, its address and its links. */
export function setConvention(next: Convention): void {
  if (next === convention()) return;
  toUrl({convention: next === "default" ? null : next});
  dispatchEvent(new CustomEvent(event));
}

/**
 * Calls `listener` with the convention, now and whenever it changes; returns how to stop that. In a page:
 * `const convention = Generators.observe(onConvention);`
 */
export function onConvention(listener: (convention: Convention) => void): () => void {
  const say = () => listener(convention());
  addEventListener(event, say);
  say();
  return () => removeEventListener(event, say);
}

/** A question that the conventions answer by different measures. */
export type Quantity = "psnr" | "ssim" | "band" | "rate" | "rate_brighter" | "rate_darker";

/** A measure as a convention takes it. `key` is that of src/measures/tables/measures.ts. */
export interface ConventionMeasure {
  readonly key: string;
  readonly label: string;
  /** For an axis: empty where there is none. */
  readonly unit: string;
  /** Which way is closer to HR; null where neither is. */
  readonly better: "higher" | "lower" | null;
  readonly digits: number;
  /** What it is, in a sentence for a caption. */
  readonly meaning: string;
}

/**
 * The measure that answers `quantity`. The kind of arm matters to PSNR: the study compared SR outputs with the
 * autoencoder's own reconstruction, everything else with HR. `band` needs its name.
 * @throws RangeError for `band` without one.
 */
export function measureFor(
  quantity: Quantity,
  convention: Convention,
  {kind, band}: {readonly kind?: string; readonly band?: string} = {}
): ConventionMeasure {
  const published = convention === "published";
  switch (quantity) {
    case "psnr":
      return published && (kind === undefined || kind === "sr")
        ? measure("self_psnr", "Self-referential PSNR", "dB", "higher", 2, selfPsnr)
        : measure("psnr", "PSNR", "dB", "higher", 2, "PSNR against HR.");
    case "ssim":
      return published
        ? measure("ssim_skimage", "SSIM (uniform 7×7)", "", "higher", 4, "SSIM over uniform 7×7 windows.")
        : measure("ssim", "SSIM", "", "higher", 4, "SSIM over Gaussian windows of σ = 1.5 (Wang 2004).");
    case "band":
      return bandMeasure(bandOf(band), published);
    case "rate":
      return published
        ? measure("hallu_rate", "“Hallucination” rate", "share of pixels", "lower", 4, brighterPublished)
        : measure("rate_absolute", "Rate above the floor", "share of pixels", "lower", 4, `${ownFloor}, either way.`);
    case "rate_brighter":
      return published
        ? measure("hallu_rate", "“Hallucination” rate", "share of pixels", "lower", 4, brighterPublished)
        : measure("rate_brighter", "Rate of too bright", "share of pixels", "lower", 4, `${ownFloor}, brighter.`);
    case "rate_darker":
      return published
        ? measure("loss_rate", "“Loss” rate", "share of pixels", "lower", 4, darkerPublished)
        : measure("rate_darker", "Rate of too dark", "share of pixels", "lower", 4, `${ownFloor}, darker.`);
  }
}

/**
 * The value of a measure in a row of a study's table; null where it is absent. `band_share_HH1`, which no table stores, is
 * the band's squared error over that of all bands.
 */
export function valueIn(row: Readonly<Record<string, unknown>>, key: string): number | null {
  const band = /^band_share_(.+)$/.exec(key)?.[1];
  if (band === undefined || key in row) return numberOf(row[key]);
  let total = 0;
  for (const name of bandNames()) {
    const part = numberOf(row[`band_sse_${name}`]);
    if (part === null) return null;
    total += part;
  }
  const own = numberOf(row[`band_sse_${band}`]);
  return own === null || total === 0 ? null : own / total;
}

/** How two arms are compared. */
export interface ConventionTest {
  readonly effect: "d" | "d_z";
  readonly effectLabel: string;
  /** Of the Wilcoxon signed-rank test. */
  readonly alternative: "greater" | "two-sided";
  /** What the bootstrap and the tests treat as one. */
  readonly level: "image" | "patient";
  readonly meaning: string;
}

/** The study compared unpaired and per image with one-sided tests; the default is paired, two-sided, by patient. */
export function testFor(convention: Convention): ConventionTest {
  return convention === "published"
    ? {
        effect: "d",
        effectLabel: "Cohen's d (pooled SD)",
        alternative: "greater",
        level: "image",
        meaning: "As published: effect size from the pooled SD, one-sided test, every image for itself."
      }
    : {
        effect: "d_z",
        effectLabel: "Cohen's d_z (SD of the differences)",
        alternative: "two-sided",
        level: "patient",
        meaning: "Paired: effect size from the SD of the differences, two-sided test, patients resampled."
      };
}

/** What a convention means, in a sentence. */
export const conventionMeaning: Readonly<Record<Convention, string>> = {
  default:
    "PSNR against the true image; each band's share of the squared error; pixels off by more than the arm's own floor.",
  published:
    "As in the study: an SR output's PSNR against its autoencoder's own reconstruction; SSIM over uniform windows; band PSNR; one-sided threshold rates; unpaired effect sizes."
};

/** Puts the switch into the page's header and keeps it, and what the page shows, in the links between pages. */
export function mountConvention(holder: HTMLElement): void {
  const control = segmented(
    [
      {value: "default", label: "default"},
      {value: "published", label: "as published"}
    ],
    {label: "Convention", value: convention(), name: "convention"}
  );
  const said = element("p", {class: "convention-meaning", id: "convention-meaning"});
  control.setAttribute("aria-describedby", said.id);
  control.addEventListener("input", () => setConvention(control.value as Convention));
  onConvention((now) => {
    control.value = now;
    said.textContent = conventionMeaning[now];
    holder.dataset.convention = now;
    keepStateInLinks();
  });
  holder.replaceChildren(control, said);
  // links that a cell makes later
  for (const type of ["pointerover", "focusin", "click"]) {
    document.addEventListener(
      type,
      ({target}) => {
        const link = target instanceof Element ? target.closest("a") : null;
        if (link !== null) keepStateIn(link);
      },
      {capture: true}
    );
  }
}

const selfPsnr = "PSNR against decode(encode(HR)) by the same autoencoder: what the autoencoder loses does not count.";
const brighterPublished =
  "Share of pixels where SR − HR exceeds the mean + 2 SD of the autoencoder's |error|, as published.";
const darkerPublished =
  "Share of pixels where SR − HR falls below −(mean + 2 SD of the autoencoder's |error|), as published.";
const ownFloor = "Share of pixels off by more than mean + 2 SD of their own autoencoder's |error|";

function bandMeasure(band: BandName, published: boolean): ConventionMeasure {
  return published
    ? measure(`band_psnr_${band}`, `PSNR of ${bandLabel(band)}`, "dB", "higher", 2, "The peak is the band's own.")
    : measure(
        `band_share_${band}`,
        `Share of the squared error, ${bandLabel(band)}`,
        "",
        null,
        4,
        "Squared error in the band over that of the image; the ten shares add up to 1 (Parseval)."
      );
}

function measure(
  key: string,
  label: string,
  unit: string,
  better: ConventionMeasure["better"],
  digits: number,
  meaning: string
): ConventionMeasure {
  return {key, label, unit, better, digits, meaning};
}

function bandOf(name: string | undefined): BandName {
  const band = bandNames().find((one) => one === name);
  if (band === undefined) throw new RangeError(`invalid band: ${name}`);
  return band;
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" && !Number.isNaN(value) ? value : null;
}
