import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync} from "node:fs";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";
import {csvFormat} from "d3-dsv";
import type {
  MeasureRow,
  Published,
  SiteArm,
  SiteAudit,
  SiteCalibration,
  SiteFabrication,
  SiteImage,
  SiteIndex,
  SiteLesion,
  SiteOutput,
  SiteSpread,
  Spectra
} from "../../src/components/site-data.js";
import type {Image, Plane} from "../../src/measures/image.js";
import {seedSpread} from "../../src/measures/seed-spread.js";
import {Progress} from "../cli/progress.js";
import {sha256, writeFileAtomic} from "../files.js";
import {decodeNpy, encodeNpy, encodePng8} from "../images/index.js";
import type {Json} from "../store/canonical.js";
import {type Artefact, type Recipe, Store} from "../store/store.js";
import {version} from "../version.js";
import {type Arm, openArms} from "./arms.js";
import {auditSite} from "./audit.js";
import {blur, calibrations, noise, planted} from "./calibration.js";
import {codeHash} from "./code-hash.js";
import {fabrication} from "./fabrication.js";
import {type Source, type SourceImage, siteSource} from "./images.js";
import {lowOf} from "./low.js";
import {measurePair, type PairMeasures, spectrumFrequencies} from "./measures.js";
import {overview} from "./overview.js";
import {writePicture} from "./picture.js";
import {pseudonymsOf} from "./pseudonyms.js";
import {type SiteSettings, siteSettings} from "./settings.js";
import {siteVariable} from "./site-file.js";
import {siteStudies, studiesHash} from "./studies.js";
import {thumbnailSheet, thumbnailSize} from "./thumbnails.js";

const published = fileURLToPath(new URL("../../data/published.json", import.meta.url));

export {siteVariable};

/** A site's data in the store. */
export interface PreparedSite {
  /** Names the data: whatever is made from it is stale when this changes. */
  readonly key: string;
  readonly summary: string;
  /** Every image and output behind it, HR images first. */
  pixels(): Generator<Plane>;
  readonly images: number;
}

/**
 * Runs every arm on every image that the settings ask for, measures the outputs, and puts the tables into the store as
 * one artefact, whose folder it also leaves in BANDSCOPE_SITE for the loaders. What the store has is not computed again.
 * With `publicFolder`, the pictures are written into its `images/` and small autoencoders into its `weights/`, named by
 * their content.
 */
export async function prepareSite({
  publicFolder,
  settings = siteSettings(),
  store = new Store(),
  say = () => {}
}: {
  publicFolder?: string;
  settings?: SiteSettings;
  store?: Store;
  say?: (text: string) => void;
} = {}): Promise<PreparedSite> {
  const source = siteSource(settings);
  const {arms, engine} = await openArms(settings.weights, settings.generators);
  if (engine !== "none") say(`engine: ${engine}`);
  try {
    const measured = await runAll(source, arms, store);
    const results = settings.pseudonyms ? pseudonymousResults(measured, source) : measured;
    const site = await tabulate(source, arms, engine, results, settings, store);
    if (publicFolder !== undefined) {
      writePictures(site, join(publicFolder, "images"));
      writeWeights(arms, join(publicFolder, "weights"));
    }
    process.env[siteVariable] = dirname(site.path("index.json"));
    const summary = `${results.length} ${source.title}, ${arms.length} arms: ${arms.map(({arm}) => arm.label).join(", ")}`;
    return {key: site.id, summary, images: results.length, pixels: () => pixelsOf(results)};
  } finally {
    for (const arm of arms) arm.dispose();
  }
}

function* pixelsOf(results: readonly ImageResult[]): Generator<Plane> {
  for (const {hr} of results) {
    const image = planeOf(hr, "image.npy");
    yield image;
    yield thumbnailOf(hr);
    yield lowOf({...image, id: ""});
  }
  for (const {byArm} of results) for (const {output} of byArm.values()) yield planeOf(output, "output.npy");
}

interface ArmResult {
  readonly output: Artefact;
  readonly measures: Artefact;
  readonly spread?: Artefact;
}

interface ImageResult {
  readonly image: SourceImage;
  readonly width: number;
  readonly height: number;
  readonly sha256: string;
  readonly hr: Artefact;
  readonly lesion?: SiteLesion;
  readonly byArm: ReadonlyMap<string, ArmResult>;
}

const pixelsCode = codeHash([
  "loaders/site/picture.ts",
  "loaders/site/low.ts",
  "loaders/site/measures.ts",
  "loaders/site/thumbnails.ts",
  "loaders/images/encodePng.ts"
]);
const measuresCode = codeHash(["loaders/site/measures.ts", "src/measures"]);

async function runAll(source: Source, arms: readonly Arm[], store: Store): Promise<ImageResult[]> {
  const spreadOf = new Set(source.sets.flatMap(({id}) => spreadImage(source, id)));
  const generators = arms.filter(({seeds}) => seeds !== undefined);
  const samples = generators.reduce((sum, {seeds}) => sum + spreadOf.size * (seeds!.length - 1), 0);
  const progress = new Progress("outputs", source.images.length * arms.length + samples);
  const results: ImageResult[] = [];
  for (const image of source.images) {
    const {mask, lesion, ...pixels} = await image.read();
    const hash = sha256(bytesOf(pixels));
    const common: Common = {pixels: hash, width: pixels.width, height: pixels.height};
    const hr = await store.compute({kind: "picture", ...common, code: pixelsCode}, async (folder) => {
      writePicture(folder, pixels);
      return {};
    });
    const given: Given = {image: {...pixels, id: image.id}, common, mask};
    const byArm = new Map<string, ArmResult>();
    for (const arm of arms) {
      const ae = byArm.get(arm.arm.generator?.autoencoder ?? "")?.output;
      const result = await runOne(arm, given, ae, store);
      progress.advance(1, `${image.id} ${arm.arm.label}`);
      const spread = arm.seeds && spreadOf.has(image.id) ? await spreadOne(arm, given, store, progress) : undefined;
      byArm.set(arm.arm.id, {...result, spread});
    }
    results.push({
      image,
      width: pixels.width,
      height: pixels.height,
      sha256: hash,
      hr,
      ...(mask && lesion ? {lesion: lesionOf(mask, lesion.contrast)} : {}),
      byArm
    });
  }
  progress.finish();
  return results;
}

/** The image of a set for which several seeds are drawn: the first one, which a reader sees first. */
function spreadImage({images}: Source, set: string): string[] {
  return images
    .filter((image) => image.set === set)
    .slice(0, 1)
    .map(({id}) => id);
}

type Common = {readonly pixels: string; readonly width: number; readonly height: number};

interface Given {
  readonly image: Image;
  readonly common: Common;
  readonly mask?: Uint8Array;
}

function outputOf(arm: Arm, {image, common}: Given, seed: number | undefined, store: Store): Promise<Artefact> {
  // a generator's noise depends on the image's name
  const random = seed === undefined ? {} : {seed, image: image.id};
  return store.compute({...arm.recipe, ...common, ...random} as Recipe, async (folder) => {
    const plane = await arm.run(image, seed);
    const data = Float32Array.from(plane.data);
    writeFileAtomic(join(folder, "output.npy"), encodeNpy(data, [plane.height, plane.width]));
    writeFileAtomic(join(folder, "output.png"), encodePng8({...plane, data}));
    return {engine: arm.arm.engine};
  });
}

async function runOne(arm: Arm, given: Given, ae: Artefact | undefined, store: Store): Promise<ArmResult> {
  const output = await outputOf(arm, given, arm.seeds?.[0], store);
  const {image, common, mask} = given;
  const lesion = mask === undefined ? {} : {mask: sha256(mask)};
  const measures = await store.compute(
    {
      kind: "pair-measures",
      output: output.id,
      pixels: common.pixels,
      ...lesion,
      ...(ae ? {ae: ae.id} : {}),
      code: measuresCode
    },
    async (folder) => {
      const beside = {
        lr: lowOf(image),
        ...(ae ? {ae: planeOf(ae, "output.npy")} : {}),
        ...(mask ? {mask: {...image, data: Float32Array.from(mask)}} : {})
      };
      const measured = measurePair(image, planeOf(output, "output.npy"), beside);
      writeFileAtomic(join(folder, "measures.json"), JSON.stringify(measured));
      return {};
    }
  );
  return {output, measures};
}

/** White in the picture of a spread. */
const spreadScale = 0.1;

async function spreadOne(arm: Arm, given: Given, store: Store, progress: Progress): Promise<Artefact> {
  const outputs: Artefact[] = [];
  for (const seed of arm.seeds!) {
    outputs.push(await outputOf(arm, given, seed, store));
    if (seed !== arm.seeds![0]) progress.advance(1, `${given.image.id} ${arm.arm.label}, seed ${seed}`);
  }
  const recipe = {
    kind: "seed-spread",
    pixels: given.common.pixels,
    outputs: outputs.map(({id}) => id),
    scale: spreadScale,
    code: measuresCode
  };
  return store.compute(recipe, async (folder) => {
    const {sd, meanSd, calibration, gain, posteriorGain} = seedSpread(
      given.image,
      outputs.map((output) => planeOf(output, "output.npy"))
    );
    const data = Float32Array.from(sd.data, (value) => Math.min(1, value / spreadScale));
    writeFileAtomic(join(folder, "spread.png"), encodePng8({...sd, data}));
    writeFileAtomic(join(folder, "spread.json"), JSON.stringify({meanSd, calibration, gain, posteriorGain}));
    return {};
  });
}

function lesionOf(mask: Uint8Array, contrast: number): SiteLesion {
  const runs: number[] = [];
  let pixels = 0;
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    pixels++;
    if (i > 0 && mask[i - 1] === 1) runs[runs.length - 1]++;
    else runs.push(i, 1);
  }
  return {contrast: Math.round(contrast * 1e4) / 1e4, pixels, mask: runs};
}

/** The results under names that say nothing; those of simulated images keep theirs. */
function pseudonymousResults(results: readonly ImageResult[], {sets}: Source): ImageResult[] {
  const simulated = new Set(sets.filter((set) => set.simulated).map(({id}) => id));
  const names = pseudonymsOf(results.map(({image}) => image).filter(({set}) => !simulated.has(set)));
  return results
    .map((result) => ({...result, image: {...result.image, ...names.get(result.image.id)}}))
    .sort((a, b) => (simulated.has(a.image.set) || a.image.set !== b.image.set ? 0 : a.image.id < b.image.id ? -1 : 1));
}

/** Puts all tables and pictures together as one artefact. */
async function tabulate(
  source: Source,
  arms: readonly Arm[],
  engine: string,
  results: readonly ImageResult[],
  {withoutDates, withoutImages = false, pseudonyms = false, studies = []}: SiteSettings,
  store: Store
): Promise<Artefact> {
  const dateOf = (artefact: Artefact) => (withoutDates ? null : artefact.provenance.date);
  const calibration = await calibrationOf(results, store, dateOf);
  const recipe = {
    kind: "site",
    code: codeHash(["loaders/site", "loaders/studies/results", "src/measures", "src/components/study-data.ts"]),
    studies: studiesHash(studies),
    ...(withoutImages ? {withoutImages} : {}),
    ...(pseudonyms ? {pseudonyms} : {}),
    published: sha256(readFileSync(published)),
    arms: arms.map(({arm}) => arm as unknown as Json),
    sets: source.sets as unknown as Json,
    calibration: [calibration.artefact, calibration.date],
    images: results.map(({image, hr, byArm}) => ({
      id: image.id,
      set: image.set,
      patient: image.patient,
      modality: image.modality,
      seed: image.seed,
      hr: hr.id,
      // the dates too: a result that was lost and computed again is shown with its new date
      outputs: [...byArm].map(([arm, {output, measures, spread}]) => [
        arm,
        output.id,
        measures.id,
        spread?.id ?? null,
        dateOf(output)
      ])
    }))
  } satisfies Recipe;
  return store.compute(recipe as Recipe, async (folder) => {
    const write = (name: string, data: string | Uint8Array) => writeFileAtomic(join(folder, name), data);
    const picture = (stem: string, bytes: Uint8Array) => {
      if (withoutImages) return "";
      const name = `${stem}.${sha256(bytes).slice(0, 8)}.png`;
      write(`images/${name}`, bytes);
      return name;
    };
    const images: SiteImage[] = [];
    const rows: MeasureRow[] = [];
    const curves: Record<string, Record<string, readonly (number | null)[]>> = {};
    const correlation: Record<string, Record<string, readonly (number | null)[]>> = {};
    for (const {image, width, height, sha256: pixels, hr, lesion, byArm} of results) {
      const {id, set, patient, modality, seed} = image;
      const outputs: Record<string, SiteOutput> = {};
      curves[id] = {hr: rounded(JSON.parse(hr.read("spectrum.json").toString()) as (number | null)[])};
      correlation[id] = {};
      for (const [arm, {output, measures, spread}] of byArm) {
        const {
          rows: own,
          spectrum,
          correlation: frc
        } = JSON.parse(measures.read("measures.json").toString()) as PairMeasures;
        const file = picture(`${id}.${arm.replaceAll(":", "-")}`, output.read("output.png"));
        const seeds = arms.find((one) => one.arm.id === arm)!.seeds!;
        outputs[arm] = {
          file,
          artefact: output.id,
          date: dateOf(output),
          ...(spread
            ? {
                spread: {
                  file: picture(`${id}.${arm.replaceAll(":", "-")}.spread`, spread.read("spread.png")),
                  scale: spreadScale,
                  seeds,
                  artefact: spread.id,
                  ...(JSON.parse(spread.read("spread.json").toString()) as Pick<
                    SiteSpread,
                    "meanSd" | "calibration" | "gain" | "posteriorGain"
                  >)
                }
              }
            : {})
        };
        rows.push(...own.map((row) => ({image: id, set, patient, arm, ...row})));
        curves[id][arm] = rounded(spectrum);
        correlation[id][arm] = rounded(frc);
      }
      const hrFile = picture(`${id}.hr`, hr.read("image.png"));
      const lr = picture(`${id}.lr`, hr.read("lr.png"));
      const about = {id, set, patient, modality, width, height, seed, sha256: pseudonyms ? "" : pixels};
      images.push({...about, hr: hrFile, lr, ...(lesion && !withoutImages ? {lesion} : {}), outputs});
    }
    const sheet = thumbnailSheet(results.map(({hr}) => thumbnailOf(hr)));
    const index: SiteIndex = {
      title: source.title,
      ...(withoutImages ? {withoutImages} : {}),
      ...(pseudonyms ? {pseudonyms} : {}),
      bandscope: version,
      engine,
      sets: source.sets.map((set) => ({...set, sha256: hashOfSet(results, set.id)})),
      arms: arms.map(({arm}): SiteArm => arm),
      images,
      thumbnails: {
        file: picture("thumbnails", encodePng8(sheet)),
        size: thumbnailSize,
        columns: sheet.width / thumbnailSize
      }
    };
    const spectra: Spectra = {unit: "log10 power", frequencies: spectrumFrequencies(), curves, correlation};
    const study = JSON.parse(readFileSync(published, "utf8")) as Published;
    write("index.json", JSON.stringify(index));
    write("measures.csv", csvFormat(rows as unknown as object[]));
    write("spectra.json", JSON.stringify(spectra));
    write("audit.json", JSON.stringify(await auditOf(results, store)));
    write("fabrication.json", JSON.stringify(fabricationOf(results, arms)));
    write("calibration.json", JSON.stringify(calibration));
    for (const [name, data] of Object.entries(siteStudies(studies, {pseudonyms}))) write(name, data);
    write("overview.json", JSON.stringify(overview(index, rows, study)));
    return {};
  });
}

/** Over its images' hashes, whatever their names and order. */
function hashOfSet(results: readonly ImageResult[], set: string): string {
  const hashes = results.filter(({image}) => image.set === set).map((result) => result.sha256);
  return sha256(hashes.sort().join("\n"));
}

/** The pairing audit as an artefact of its own: it looks at every pair of the site. */
async function auditOf(results: readonly ImageResult[], store: Store): Promise<SiteAudit> {
  const recipe = {
    kind: "site-audit",
    code: codeHash(["loaders/site/audit.ts", "src/measures"]),
    images: results.map(({image, hr, byArm}) => [
      image.id,
      image.set,
      hr.id,
      [...byArm].map(([arm, {output}]) => [arm, output.id])
    ])
  };
  const artefact = await store.compute(recipe as unknown as Recipe, async (folder) => {
    const inputs = results.map(({image, hr, byArm}) => ({
      id: image.id,
      set: image.set,
      hr: planeOf(hr, "image.npy"),
      outputs: new Map([...byArm].map(([arm, {output}]) => [arm, planeOf(output, "output.npy")]))
    }));
    writeFileAtomic(join(folder, "audit.json"), JSON.stringify(auditSite(inputs)));
    return {};
  });
  return JSON.parse(artefact.read("audit.json").toString()) as SiteAudit;
}

function fabricationOf(results: readonly ImageResult[], arms: readonly Arm[]): SiteFabrication {
  const generators = new Map<string, string>();
  for (const {arm} of arms) {
    const ae = arm.generator?.autoencoder;
    if (ae !== undefined && arms.some((one) => one.arm.id === ae)) generators.set(arm.id, ae);
  }
  const inputs = results.map(({image, hr, byArm}) => ({
    id: image.id,
    hr: planeOf(hr, "image.npy"),
    outputs: new Map([...byArm].map(([arm, {output}]) => [arm, planeOf(output, "output.npy")]))
  }));
  return fabrication(inputs, generators);
}

/** So many images of each set are enough to tell the measures apart, and the whole takes seconds. */
const calibrationImages = 3;

/** The null calibration on some of the site's images: an artefact of its own, since it looks at no arm. */
async function calibrationOf(
  results: readonly ImageResult[],
  store: Store,
  dateOf: (artefact: Artefact) => string | null
): Promise<SiteCalibration> {
  const taken = new Map<string, number>();
  const chosen = results.filter(({image, lesion, width, height}) => {
    if (lesion !== undefined || Math.min(width, height) < 32) return false;
    taken.set(image.set, (taken.get(image.set) ?? 0) + 1);
    return taken.get(image.set)! <= calibrationImages;
  });
  const recipe = {
    kind: "site-calibration",
    images: chosen.map(({image, hr}) => [image.id, hr.id]),
    planted: planted as unknown as Json,
    code: codeHash(["loaders/site/calibration.ts", "src/measures"])
  };
  const artefact = await store.compute(recipe, async (folder) => {
    const images = chosen.map(({image, hr}) => ({id: image.id, ...planeOf(hr, "image.npy")}));
    const lesions = images.length === 0 ? [] : calibrations(images);
    writeFileAtomic(join(folder, "calibration.json"), JSON.stringify(lesions));
    return {};
  });
  const patients = new Set(chosen.map(({image}) => image.patient));
  return {
    images: chosen.length,
    patients: patients.has(null) ? null : patients.size,
    noise,
    blur,
    date: dateOf(artefact),
    artefact: artefact.id,
    lesions: JSON.parse(artefact.read("calibration.json").toString()) as SiteCalibration["lesions"]
  };
}

/** Lays the pictures where Framework serves them, and takes away those of an earlier build. */
function writePictures(site: Artefact, folder: string): void {
  mkdirSync(folder, {recursive: true});
  const wanted = new Map(
    Object.keys(site.files)
      .filter((file) => file.startsWith("images/"))
      .map((file) => [file.slice("images/".length), file])
  );
  for (const name of readdirSync(folder)) if (!wanted.has(name)) rmSync(join(folder, name));
  for (const [name, file] of wanted) {
    // the name holds the content's hash
    if (!existsSync(join(folder, name))) writeFileAtomic(join(folder, name), site.read(file));
  }
}

/** Lays the small autoencoders' weights where a page can load them, and takes away others. */
function writeWeights(arms: readonly Arm[], folder: string): void {
  mkdirSync(folder, {recursive: true});
  const wanted = new Map(arms.flatMap(({browserFiles}) => [...(browserFiles ?? [])]));
  for (const name of readdirSync(folder)) if (!wanted.has(name)) rmSync(join(folder, name));
  for (const [name, path] of wanted) {
    if (!existsSync(join(folder, name))) writeFileAtomic(join(folder, name), readFileSync(path));
  }
}

function planeOf(artefact: Artefact, file: string): Plane {
  const {data, shape} = decodeNpy(artefact.read(file), artefact.path(file));
  return {data: Float32Array.from(data as Float32Array), width: shape[1], height: shape[0]};
}

function thumbnailOf(hr: Artefact): Plane {
  const data = Float32Array.from(JSON.parse(hr.read("thumbnail.json").toString()) as number[]);
  return {data, width: thumbnailSize, height: thumbnailSize};
}

/** Four digits are more than a chart can show. */
function rounded(values: readonly (number | null)[]): (number | null)[] {
  return values.map((value) => (value === null ? null : Math.round(value * 1e4) / 1e4));
}

function bytesOf({data}: Plane): Uint8Array {
  const floats = Float32Array.from(data);
  return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
}
