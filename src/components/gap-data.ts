import {publishedCeilingGain} from "../measures/studies/published.js";
import {
  autoencoderRoles,
  publishedDataset,
  type Role,
  referenceConfiguration,
  type StudyLayout,
  srArm
} from "../measures/studies/roles.js";
import type {Convention} from "./convention.js";
import {dateTime, fixed, shortHash, signed} from "./format.js";
import type {Facts} from "./provenance.js";
import type {OverviewGap, Published, PublishedRow} from "./site-data.js";
import type {StudyResults} from "./study-data.js";

/** The gain of the medical autoencoder over the natural one on one dataset, as one of them measured it. */
export interface GapMark {
  readonly anatomy: string;
  /** Whose number: the study's, or one of this build's. */
  readonly ours: boolean;
  /** `sr`: super-resolution; `ae`: the autoencoders alone. */
  readonly stage: "sr" | "ae";
  readonly label: string;
  /** Images. */
  readonly n: number | null;
  /** dB */
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  /** What the interval is, in words; why there is none. */
  readonly interval: string;
  readonly facts: Facts;
}

/** Our gain on one set, from a study. */
export interface StudyGap {
  readonly anatomy: string;
  readonly stage: GapMark["stage"];
  readonly label: string;
  readonly n: number;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly facts: Facts;
}

/**
 * The gain of our study's counterparts of MedVAE and SD-VAE, with a generator in the reference configuration and alone, from the
 * comparisons that its file asks for; sets whose comparison it does not ask for are left out. Autoencoders alone are compared
 * with HR in either convention.
 */
export function studyGaps(results: StudyResults, convention: Convention): StudyGap[] {
  return [
    ...gapsBetween(results, "sdvae", "medvae-4-3", "sr", convention === "published" ? "self_psnr" : "psnr"),
    ...gapsBetween(results, "sdvae", "medvae-4-3", "ae", "psnr")
  ];
}

/**
 * What our own gain of super-resolution is against either reference, in a sentence, and where its sign depends on the reference;
 * null where no study has both.
 */
export function conventionSentence(results: StudyResults | undefined): string | null {
  if (results === undefined) return null;
  const of = (convention: Convention) => studyGaps(results, convention).filter(({stage}) => stage === "sr");
  const [byOwn, byHr] = [of("published"), of("default")];
  const both = anatomies.flatMap(([id, label]) => {
    const [own, hr] = [byOwn, byHr].map((gaps) => gaps.find(({anatomy}) => sameAnatomy(anatomy, id)));
    return own && hr ? [{name: label.toLowerCase(), own: own.value, hr: hr.value}] : [];
  });
  if (both.length === 0) return null;
  const values = (of: (one: (typeof both)[number]) => number) => enumerate(both.map((one) => signed(of(one), 2)));
  const images = results.sets.every(({simulated}) => simulated) ? ", on simulated images" : "";
  const turned = both.filter(({own, hr}) => Math.sign(own) !== Math.sign(hr)).map(({name}) => name);
  return [
    `Here, between our small autoencoders${images}, it is ${values(({own}) => own)} dB on ${enumerate(both.map(({name}) => name))} against their own reconstructions and ${values(({hr}) => hr)} dB against the true image.`,
    turned.length > 0 &&
      `On ${enumerate(turned)} even its sign depends on that: each autoencoder's own reconstruction is another yardstick.`
  ]
    .filter(Boolean)
    .join(" ");
}

/** `a, b and c` */
function enumerate(parts: readonly string[]): string {
  return parts.join(", ").replace(/, ([^,]*)$/, " and $1");
}

/** What medical training is worth to super-resolution at equal geometry, chest; null where no study asks for it. */
export function domainGain(results: StudyResults | undefined): {readonly text: string; readonly facts: Facts} | null {
  if (results === undefined) return null;
  const own = gapsBetween(results, "kl-f4", "medvae-4-3", "sr", "psnr").find(({anatomy}) =>
    sameAnatomy(anatomy, "cxr")
  );
  if (own === undefined) return null;
  const interval = own.low === null ? "" : ` (95 % interval ${fixed(own.low, 2)} to ${fixed(own.high, 2)})`;
  return {text: `${signed(own.value, 2)} dB${interval}`, facts: own.facts};
}

/** Of the comparisons of the two autoencoders' arms that of the reference configuration, else the study file's first. */
function gapsBetween(
  results: StudyResults,
  from: Role,
  to: Role,
  stage: GapMark["stage"],
  measure: "psnr" | "self_psnr"
): StudyGap[] {
  const layout = results as StudyLayout;
  const {[from]: first, [to]: second} = autoencoderRoles(layout);
  const configuration = referenceConfiguration(layout);
  if (first === undefined || second === undefined || configuration === null) return [];
  const armOf = (id: string) => results.arms.find((one) => one.id === id);
  const isArm = (id: string, autoencoder: string) => {
    const arm = armOf(id);
    return arm?.kind === stage && arm.autoencoder === autoencoder;
  };
  const reference = srArm(layout, second, configuration)?.id;
  return results.sets.flatMap((set): StudyGap[] => {
    const fitting = results.comparisons.filter(
      (one) =>
        one.set === set.id &&
        one.measure === measure &&
        one.pairing === "correct" &&
        isArm(one.a, first) &&
        isArm(one.b, second)
    );
    const found = fitting.find((one) => one.b === reference) ?? fitting[0];
    const value = found?.bootstrap.estimate ?? null;
    if (found === undefined || value === null) return [];
    const interval = found.bootstrap.percentile;
    const [a, b] = [armOf(found.a)!, armOf(found.b)!];
    const runs = results.runs.filter((run) => run.set === set.id && run.arm === b.id && run.pairing === "correct");
    return [
      {
        anatomy: set.anatomy,
        stage,
        label: `Here: ${set.label}`,
        n: found.nImages,
        value,
        low: interval?.[0] ?? null,
        high: interval?.[1] ?? null,
        facts: [
          ["difference", `${b.label} − ${a.label}`],
          ["study", results.title],
          ["compared with", measure === "psnr" ? "HR" : "decode(encode(HR)) by the same autoencoder"],
          ["n", `${found.nImages} images${found.nPatients === null ? "" : ` of ${found.nPatients} patients`}`],
          ["images", set.simulated ? "simulated" : "real"],
          ["seeds", a.seeds.join(", ") || "none: nothing is random"],
          ["artefact", shortHash(runs[0]?.measures ?? results.study)],
          ["engine", runs[0]?.engine ?? results.engine],
          ["computed", dateTime(runs[0]?.date ?? results.date)]
        ]
      }
    ];
  });
}

export const anatomies: readonly (readonly [id: string, label: string])[] = [
  ["knee", "Knee"],
  ["brain", "Brain"],
  ["cxr", "Chest"]
];

/**
 * The finding, number by number: what the study reports under a convention (published: against the autoencoder's own
 * reconstruction; default: against HR, from its revision), ours where there is a study, and the autoencoders alone.
 */
export function gapMarks({
  published,
  gaps,
  studyGaps: own,
  convention
}: {
  readonly published: Published;
  readonly gaps: readonly OverviewGap[];
  readonly studyGaps: readonly StudyGap[];
  readonly convention: Convention;
}): GapMark[] {
  const wanted = convention === "published" ? "self-referential" : "true-HR";
  return anatomies.flatMap(([anatomy]): GapMark[] => {
    const dataset = Object.keys(published.datasets).find((id) => published.datasets[id].anatomy === anatomy);
    const row = published.values.find(
      (one) => one.measure === "psnr_gap" && one.dataset === dataset && one.convention === wanted
    );
    const ofStudy = (stage: GapMark["stage"]) =>
      own.filter((one) => one.stage === stage && sameAnatomy(one.anatomy, anatomy)).map((one) => ownMark(one, anatomy));
    const [sr, ae] = [ofStudy("sr"), ofStudy("ae")];
    return [
      ...(row === undefined ? [] : [studyMark(published, row, anatomy)]),
      ...sr,
      // the site's own few images, where no study says more; their PSNR is against HR
      ...(convention === "default" && sr.length === 0 ? ownGaps(gaps, anatomy, "sr") : []),
      ...studyCeiling(published, dataset, anatomy),
      ...(ae.length > 0 ? ae : ownGaps(gaps, anatomy, "ae"))
    ];
  });
}

function ownMark({stage, label, n, value, low, high, facts}: StudyGap, anatomy: string): GapMark {
  return {
    anatomy,
    ours: true,
    stage,
    label,
    n,
    value,
    low,
    high,
    interval: low === null ? "too few patients for an interval" : "95 %, bootstrap over patients",
    facts
  };
}

/** The study gives no interval of the gap. From the printed SDs, as if the arms were independent, it is too wide at worst. */
function studyMark(published: Published, row: PublishedRow, anatomy: string): GapMark {
  const source = published.sources[row.source];
  const sds =
    row.convention === "self-referential"
      ? [row.arm, row.against].map(
          (arm) =>
            published.values.find(
              (one) => one.measure === "psnr" && one.dataset === row.dataset && one.arm === arm && one.sd !== undefined
            )?.sd
        )
      : [];
  const [a, b] = sds;
  const half =
    a === undefined || b === undefined || row.n === undefined ? null : 1.96 * Math.sqrt((a * a + b * b) / row.n);
  const {label, patients, images} = published.datasets[row.dataset!];
  const clustered = patients !== null && patients < images;
  const interval =
    half === null
      ? "the study gives none"
      : `95 % from the printed SDs, as if the two arms were independent${clustered ? ` and ${images} slices of ${patients} patients were too` : ""}`;
  return {
    anatomy,
    ours: false,
    stage: "sr",
    label: `Study: ${label}`,
    n: row.n ?? null,
    value: row.value,
    low: half === null ? null : row.value - half,
    high: half === null ? null : row.value + half,
    interval,
    facts: [
      ["published", `arXiv ${published.citation.arxiv}`],
      ["read in", source.where],
      ["precision", source.precision],
      ["compared with", published.conventions[row.convention]],
      ["n", `${row.n} images`],
      ["interval", interval]
    ]
  };
}

function studyCeiling(published: Published, dataset: string | undefined, anatomy: string): GapMark[] {
  const gain = dataset === undefined ? undefined : publishedCeilingGain(published.values, dataset);
  if (gain === undefined) return [];
  const {minuend: medical, subtrahend: natural} = gain;
  const places = [...new Set([natural, medical].map(({source}) => published.sources[source].where))];
  return [
    {
      anatomy,
      ours: false,
      stage: "ae",
      label: `Study: ${published.datasets[dataset!].label}`,
      n: medical.n ?? null,
      value: gain.value.value,
      low: null,
      high: null,
      interval: "none: the difference of two means, from two places",
      facts: [
        ["published", `arXiv ${published.citation.arxiv}`],
        ["read in", places.join(" and ")],
        ["computed as", `${fixed(medical.value, 2)} − ${fixed(natural.value, 2)} dB`],
        ["n", `${medical.n} images`]
      ]
    }
  ];
}

/** This site's own two autoencoders that play the parts of SD-VAE and MedVAE, alone or with a generator of the same kind. */
function ownGaps(gaps: readonly OverviewGap[], anatomy: string, stage: GapMark["stage"]): GapMark[] {
  const natural = new RegExp(`^${stage}:(natural-f8c4|sdvae)(:|$)`);
  const medical = new RegExp(`^${stage}:(medical-f4c3|medvae-4-3)(:|$)`);
  const generator = (arm: string) => arm.split(":").slice(2).join(":");
  return gaps
    .filter(
      (one) =>
        publishedDataset(one.anatomy) !== null &&
        sameAnatomy(one.anatomy, anatomy) &&
        natural.test(one.a) &&
        medical.test(one.b) &&
        generator(one.a) === generator(one.b)
    )
    .slice(0, 1)
    .map(
      (one): GapMark => ({
        anatomy,
        ours: true,
        stage,
        label: `Here: ${one.label}`,
        n: one.n,
        value: one.mean,
        low: one.low,
        high: one.high,
        interval: one.low === null ? "too few patients for an interval" : "95 %, bootstrap over patients",
        facts: [
          ["difference", `${one.labelB} − ${one.labelA}${stage === "ae" ? ", each alone" : ""}`],
          ["n", `${one.n} images${one.patients === null ? "" : ` of ${one.patients} patients`}`],
          ["images", one.simulated ? "simulated" : "real"],
          ["seed", one.seeds],
          ["artefact", shortHash(one.artefact)],
          ["engine", one.engine],
          ["computed", dateTime(one.date)]
        ]
      })
    );
}

function sameAnatomy(a: string, b: string): boolean {
  return publishedDataset(a) === publishedDataset(b);
}
