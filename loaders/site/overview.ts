import type {
  MeasureRow,
  Overview,
  OverviewGap,
  OverviewRow,
  Published,
  SiteIndex
} from "../../src/components/site-data.js";
import {bootstrapMean, mean, standardDeviation} from "../../src/measures/statistics/index.js";
import {unitsOf} from "../../src/measures/studies/means.js";

/** The mean PSNR of each arm over each set, with a patient-level interval, beside what the study reported. */
export function overview(
  index: Pick<SiteIndex, "sets" | "arms" | "images" | "engine">,
  rows: readonly MeasureRow[],
  outputOf: (image: string, arm: string) => {readonly artefact: string; readonly date: string | null},
  published: Published
): Overview {
  const ours: OverviewRow[] = [];
  for (const set of index.sets) {
    const images = index.images.filter((image) => image.set === set.id);
    for (const arm of index.arms) {
      const own = rows.filter((row) => row.set === set.id && row.arm === arm.id && row.measure === "psnr");
      const values = own.map((row) => row.value);
      const average = mean(values);
      if (average === undefined) continue;
      const clusters = own.every((row) => row.patient !== null) ? own.map((row) => row.patient!) : undefined;
      const interval = bootstrapMean(values, {clusters, resamples: 2000, seed: 1}).percentile;
      const outputs = images.map((image) => outputOf(image.id, arm.id));
      const seeds = new Set(images.map((image) => image.seed));
      ours.push({
        set: set.id,
        anatomy: set.anatomy,
        label: set.label,
        arm: arm.id,
        armLabel: arm.label,
        mean: average,
        sd: standardDeviation(values) ?? null,
        low: interval?.[0] ?? null,
        high: interval?.[1] ?? null,
        n: values.length,
        patients: clusters ? new Set(clusters).size : null,
        engine: arm.engine,
        date:
          outputs
            .map((output) => output.date)
            .sort()
            .at(-1) ?? null,
        // a generator's arm has two kinds of weights: its own, and those of the autoencoder in whose latents it works
        weights: arm.generator?.sha256 ?? arm.weights?.sha256 ?? null,
        ...(arm.generator && arm.weights ? {autoencoderWeights: arm.weights.sha256} : {}),
        training: arm.training ?? null,
        simulated: set.simulated,
        seeds: seeds.has(null) ? "none: real images" : [...seeds].join(", "),
        artefact: outputs[0].artefact,
        moreArtefacts: outputs.length - 1
      });
    }
  }
  return {
    engine: index.engine,
    ours,
    gaps: gapsOf(index, rows, ours),
    published: {
      ...published,
      values: published.values.filter(({measure, band}) => /^psnr(_gap)?$/.test(measure) || band === "LL3")
    }
  };
}

const mostCompared = 16;
const hasPart = /^(ae|sr):((natural|medical)-f\d+c\d+|sdvae|kl-f4|medvae-\d-\d)(:|$)/;

/** Each autoencoder against each other one, and each generator against each other one, image by image, patients first. */
function gapsOf(
  index: Pick<SiteIndex, "sets" | "arms" | "images">,
  rows: readonly MeasureRow[],
  ours: readonly OverviewRow[]
): OverviewGap[] {
  const psnr = new Map<string, number>();
  for (const row of rows) if (row.measure === "psnr") psnr.set(`${row.image} ${row.arm}`, row.value);
  const comparable = index.arms.filter(({kind}) => kind !== "baseline");
  // each pair costs a bootstrap: of very many arms only those that have a part in the published comparisons
  const compared = comparable.length > mostCompared ? comparable.filter(({id}) => hasPart.test(id)) : comparable;
  const gaps: OverviewGap[] = [];
  for (const set of index.sets) {
    const images = index.images.filter((image) => image.set === set.id);
    for (const a of compared) {
      for (const b of compared) {
        if (a === b || a.kind !== b.kind) continue;
        const pairs = images.flatMap(({id, patient}) => {
          const [x, y] = [psnr.get(`${id} ${a.id}`), psnr.get(`${id} ${b.id}`)];
          return x === undefined || y === undefined ? [] : [{patient, difference: y - x}];
        });
        const units = unitsOf(
          pairs.map(({difference}) => difference),
          pairs.map(({patient}) => patient)
        );
        const average = mean(units.values);
        const row = ours.find((one) => one.set === set.id && one.arm === b.id);
        if (average === undefined || row === undefined) continue;
        const interval = bootstrapMean(units.values, {resamples: 2000, seed: 1}).percentile;
        gaps.push({
          set: set.id,
          anatomy: set.anatomy,
          label: set.label,
          a: a.id,
          b: b.id,
          labelA: a.label,
          labelB: b.label,
          mean: average,
          sd: standardDeviation(units.values) ?? null,
          low: interval?.[0] ?? null,
          high: interval?.[1] ?? null,
          n: pairs.length,
          patients: units.patients?.length ?? null,
          simulated: set.simulated,
          seeds: row.seeds,
          engine: row.engine,
          date: row.date,
          artefact: row.artefact
        });
      }
    }
  }
  return gaps;
}
