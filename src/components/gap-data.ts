import {publishedDataset} from "../measures/studies/roles.js";
import type {Convention} from "./convention.js";
import {dateTime, fixed, shortHash} from "./format.js";
import type {Facts} from "./provenance.js";
import type {OverviewGap, Published, PublishedRow} from "./site-data.js";

/** The gain of the medical autoencoder over the natural one on one data set, as one of them measured it. */
export interface GapMark {
  readonly anatomy: string;
  /** Whose number: the study's, or one of this build's. */
  readonly ours: boolean;
  /** `sr`: super-resolution; `ae`: the autoencoders alone. */
  readonly stage: "sr" | "ae";
  readonly label: string;
  /** dB */
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  /** What the interval is, in words; why there is none. */
  readonly interval: string;
  readonly facts: Facts;
}

/** Our gain of super-resolution on one set, from a study. */
export interface StudyGap {
  readonly anatomy: string;
  readonly label: string;
  readonly a: string;
  readonly b: string;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly images: number;
  readonly patients: number | null;
  readonly facts: Facts;
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
  studyGaps,
  convention
}: {
  readonly published: Published;
  readonly gaps: readonly OverviewGap[];
  readonly studyGaps: readonly StudyGap[];
  readonly convention: Convention;
}): GapMark[] {
  const wanted = convention === "published" ? "self-referential" : "true-HR";
  return anatomies.flatMap(([anatomy, label]): GapMark[] => {
    const dataset = Object.keys(published.datasets).find((id) => published.datasets[id].anatomy === anatomy);
    const row = published.values.find(
      (one) => one.measure === "psnr_gap" && one.dataset === dataset && one.convention === wanted
    );
    return [
      ...(row === undefined ? [] : [studyMark(published, row, anatomy)]),
      ...studyGaps
        .filter((one) => one.anatomy === anatomy)
        .map(
          (one): GapMark => ({
            anatomy,
            ours: true,
            stage: "sr",
            label: one.label,
            value: one.value,
            low: one.low,
            high: one.high,
            interval: one.low === null ? "too few patients for an interval" : "95 %, bootstrap over patients",
            facts: one.facts
          })
        ),
      ...studyCeiling(published, dataset, anatomy),
      ...ownCeiling(gaps, anatomy, label)
    ];
  });
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
  const of = (arm: string) =>
    published.values.find((one) => one.measure === "psnr" && one.dataset === dataset && one.arm === arm);
  const [natural, medical] = [of("ae:sdvae"), of("ae:medvae-4-3")];
  if (natural === undefined || medical === undefined) return [];
  const places = [...new Set([natural, medical].map(({source}) => published.sources[source].where))];
  return [
    {
      anatomy,
      ours: false,
      stage: "ae",
      label: `Study: ${published.datasets[dataset!].label}`,
      value: medical.value - natural.value,
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

/** Our own two autoencoders that play the parts of SD-VAE and MedVAE. */
function ownCeiling(gaps: readonly OverviewGap[], anatomy: string, name: string): GapMark[] {
  return gaps
    .filter(
      (one) =>
        publishedDataset(one.anatomy) !== null &&
        sameAnatomy(one.anatomy, anatomy) &&
        ["ae:natural-f8c4", "ae:sdvae"].includes(one.a) &&
        ["ae:medical-f4c3", "ae:medvae-4-3"].includes(one.b)
    )
    .map(
      (one): GapMark => ({
        anatomy,
        ours: true,
        stage: "ae",
        label: `Here: ${one.label || name}`,
        value: one.mean,
        low: one.low,
        high: one.high,
        interval: one.low === null ? "too few patients for an interval" : "95 %, bootstrap over patients",
        facts: [
          ["difference", `${one.labelB} − ${one.labelA}, each alone`],
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
