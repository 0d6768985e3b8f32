import {readFileSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {momentsOf} from "../../src/components/bands-data.js";
import {encodeHistograms} from "../../src/components/histogram-codec.js";
import type {
  BandSummary,
  MeasureRow,
  SetSummary,
  SiteDetail,
  SiteMeasure,
  SiteOutput,
  SiteSet,
  SiteSpread
} from "../../src/components/site-data.js";
import {bandNames} from "../../src/measures/bands.js";
import type {Arm} from "./arms.js";
import type {MeasuredPair} from "./batch.js";
import {type Measurement, spectrumFrequencies} from "./measures.js";
import type {Pool} from "./pool.js";
import {type ImageResult, spreadScale} from "./results.js";

type Curve = readonly (number | null)[];

export interface TablesInput {
  readonly results: readonly ImageResult[];
  readonly arms: readonly Arm[];
  readonly sets: readonly SiteSet[];
  readonly pseudonyms: boolean;
  readonly withoutImages: boolean;
  readonly dateOf: (output: {readonly date: string}) => string | null;
  /** Keeps a picture under a name that it makes of `stem`; empty in a site without images. */
  readonly picture: (stem: string, source: {readonly path: string; readonly sha256: string}) => string;
  readonly pool: Pool;
}

export interface Tables {
  readonly measures: readonly SiteMeasure[];
  /** The PSNR of every pair: what the overview is made of. */
  readonly psnr: readonly MeasureRow[];
}

/**
 * Writes the tables that pages load when they need them (`SiteIndex.tables` says which) into a folder, image by image: what is held of
 * all images at once are numbers in typed arrays.
 */
export async function writeTables(folder: string, input: TablesInput): Promise<Tables> {
  const {results, arms, sets} = input;
  const places = new Map(
    sets.map((set) => [set.id, results.flatMap(({image}, i) => (image.set === set.id ? [i] : []))])
  );
  const columns = new Columns(results.length, arms.length);
  const curves = results.map((): {hr: Curve; output: Curve[]; correlation: Curve[]} => ({
    hr: [],
    output: [],
    correlation: []
  }));
  const histograms = results.map((): (readonly number[])[] => []);

  // batch by batch, in which order the files were written, not the images are shown
  const batches = new Map<string, number[]>();
  results.forEach(({byArm}, i) => {
    const [first] = byArm.values();
    const own = batches.get(first.measures.path);
    if (own === undefined) batches.set(first.measures.path, [i]);
    else own.push(i);
  });
  for (const batch of batches.values()) {
    const pairs = arms.map(({arm}) => {
      const {path} = results[batch[0]].byArm.get(arm.id)!.measures;
      return JSON.parse(readFileSync(path, "utf8")) as MeasuredPair[];
    });
    for (const i of batch) {
      const own = arms.map(({arm}, a) => pairs[a][results[i].byArm.get(arm.id)!.measures.at]);
      own.forEach(({rows}, a) => {
        columns.add(i, a, rows);
      });
      const hr = rounded(JSON.parse(readFileSync(results[i].hr.spectrum, "utf8")) as Curve);
      curves[i] = {
        hr,
        output: own.map(({spectrum}) => rounded(spectrum)),
        correlation: own.map(({correlation}) => rounded(correlation))
      };
      histograms[i] = own.map(({histogram}) => histogram);
      const detail = detailOf(results[i], input, own, curves[i]);
      writeFileSync(join(folder, "images", `${i}.json`), JSON.stringify(detail));
    }
  }

  const measures = columns.measures();
  for (const [s, set] of sets.entries()) {
    const own = places.get(set.id)!;
    for (const {measure, banded} of measures) {
      if (!banded) writeFileSync(join(folder, "columns", `${s}.${measure}.bin`), columns.column(measure, own));
    }
    arms.forEach((_, a) => {
      writeFileSync(join(folder, "errors", `${s}.${a}.bin`), encodeHistograms(own.map((i) => histograms[i][a])));
    });
  }
  await Promise.all(
    sets.map(async (set, s) => {
      const summary = await summaryOf(places.get(set.id)!, input, measures, columns, curves);
      writeFileSync(join(folder, "sets", `${s}.json`), JSON.stringify(summary));
    })
  );
  const psnr = results.flatMap(({image: {id: image, set, patient}}, i) =>
    arms.flatMap(({arm}, a): MeasureRow[] => {
      const value = columns.value("psnr", i, a);
      if (Number.isNaN(value)) return [];
      return [{image, set, patient, arm: arm.id, measure: "psnr", band: "", flavour: "default", value, unit: "dB"}];
    })
  );
  return {measures, psnr};
}

function detailOf(
  {image: {id}, sha256, hr, lesion, byArm}: ImageResult,
  {arms, pseudonyms, withoutImages, dateOf, picture}: TablesInput,
  measured: readonly MeasuredPair[],
  curves: {readonly hr: Curve; readonly output: readonly Curve[]}
): SiteDetail {
  const outputs: Record<string, SiteOutput> = {};
  const measures: Record<string, Record<string, number>> = {};
  const spectra: Record<string, Curve> = {hr: curves.hr};
  arms.forEach(({arm, ...one}, a) => {
    const output = byArm.get(arm.id)!;
    const {spread} = output;
    const stem = `${id}.${arm.id.replaceAll(":", "-")}`;
    outputs[arm.id] = {
      file: picture(stem, output.picture),
      artefact: output.artefact,
      date: dateOf(output),
      ...(spread
        ? {
            spread: {
              file: picture(`${stem}.spread`, {
                path: spread.path("spread.png"),
                sha256: spread.files["spread.png"].sha256
              }),
              scale: spreadScale,
              seeds: "seeds" in one ? one.seeds! : [],
              artefact: spread.id,
              ...(JSON.parse(spread.read("spread.json").toString()) as Pick<
                SiteSpread,
                "meanSd" | "calibration" | "gain" | "posteriorGain"
              >)
            }
          }
        : {})
    };
    measures[arm.id] = Object.fromEntries(measured[a].rows.map((row) => [keyOf(row), row.value]));
    spectra[arm.id] = curves.output[a];
  });
  return {
    id,
    sha256: pseudonyms ? "" : sha256,
    hr: picture(`${id}.hr`, hr.picture),
    lr: picture(`${id}.lr`, hr.low),
    ...(lesion && !withoutImages ? {mask: lesion.mask} : {}),
    outputs,
    measures,
    spectra
  };
}

async function summaryOf(
  own: readonly number[],
  {results, arms, pool}: TablesInput,
  measures: readonly SiteMeasure[],
  columns: Columns,
  curves: readonly {readonly hr: Curve; readonly output: readonly Curve[]; readonly correlation: readonly Curve[]}[]
): Promise<SetSummary> {
  const clusters = own.map((i) => results[i].image.patient ?? results[i].image.id);
  const hr = own.map((i) => curves[i].hr);
  const means = await Promise.all(
    arms.map((_, a) =>
      pool.run({
        kind: "means",
        hr,
        output: own.map((i) => curves[i].output[a]),
        correlation: own.map((i) => curves[i].correlation[a]),
        clusters
      })
    )
  );
  const byArm = <T>(value: (a: number) => T) => Object.fromEntries(arms.map(({arm}, a) => [arm.id, value(a)]));
  return {
    frequencies: spectrumFrequencies(),
    ratio: byArm((a) => means[a].ratio),
    correlation: byArm((a) => means[a].correlation),
    bands: Object.fromEntries(
      measures
        .filter(({banded}) => banded)
        .map(({measure}) => [
          measure,
          byArm((a) =>
            bandNames().flatMap((band): BandSummary[] => {
              const values = columns.values(`${measure} ${band}`, own, a);
              return values.length === 0 ? [] : [{band, ...momentsOf(values)}];
            })
          )
        ])
    )
  };
}

/** Of every image and arm, each measure's value; NaN where there is none. */
class Columns {
  private readonly values_ = new Map<string, Float64Array>();
  private readonly kinds = new Map<string, SiteMeasure>();

  constructor(
    private readonly images: number,
    private readonly arms: number
  ) {}

  add(image: number, arm: number, rows: readonly Measurement[]): void {
    for (const row of rows) {
      const {measure, flavour, unit, band, value} = row;
      if (!this.kinds.has(measure)) this.kinds.set(measure, {measure, flavour, unit, banded: band !== ""});
      const key = keyOf(row);
      let column = this.values_.get(key);
      if (column === undefined) {
        column = new Float64Array(this.images * this.arms).fill(Number.NaN);
        this.values_.set(key, column);
      }
      column[image * this.arms + arm] = value;
    }
  }

  measures(): SiteMeasure[] {
    return [...this.kinds.values()];
  }

  value(key: string, image: number, arm: number): number {
    return this.values_.get(key)?.[image * this.arms + arm] ?? Number.NaN;
  }

  values(key: string, images: readonly number[], arm: number): number[] {
    return images.map((i) => this.value(key, i, arm)).filter((value) => !Number.isNaN(value));
  }

  /** Arms × some images, as a file has it. */
  column(key: string, images: readonly number[]): Uint8Array {
    const view = new DataView(new ArrayBuffer(4 * this.arms * images.length));
    for (let arm = 0, at = 0; arm < this.arms; arm++) {
      for (const i of images) {
        view.setFloat32(at, this.value(key, i, arm), true);
        at += 4;
      }
    }
    return new Uint8Array(view.buffer);
  }
}

function keyOf({measure, band}: Pick<Measurement, "measure" | "band">): string {
  return band === "" ? measure : `${measure} ${band}`;
}

/** Four digits are more than a chart can show. */
function rounded(values: Curve): (number | null)[] {
  return values.map((value) => (value === null ? null : Math.round(value * 1e4) / 1e4));
}
