import type {MeasureRow, Overview, OverviewRow, Published, SiteIndex} from "../../src/components/site-data.js";
import {bootstrapMean, mean, standardDeviation} from "../../src/measures/statistics/index.js";

/** The mean PSNR of each arm over each set, with a patient-level interval, beside what the study reported. */
export function overview(index: SiteIndex, rows: readonly MeasureRow[], published: Published): Overview {
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
      const outputs = images.map((image) => image.outputs[arm.id]);
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
        weights: arm.weights?.sha256 ?? null,
        training: arm.training ?? null,
        simulated: set.simulated,
        seeds: seeds.has(null) ? "none: real images" : [...seeds].join(", "),
        artefacts: outputs.map((output) => output.artefact)
      });
    }
  }
  return {
    engine: index.engine,
    ours,
    published: {
      ...published,
      values: published.values.filter(({measure, band}) => /^psnr(_gap)?$/.test(measure) || band === "LL3")
    }
  };
}
