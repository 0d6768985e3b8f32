import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync} from "node:fs";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";
import {csvFormat} from "d3-dsv";
import type {
  MeasureRow,
  Published,
  SiteArm,
  SiteAudit,
  SiteImage,
  SiteIndex,
  SiteOutput,
  Spectra
} from "../../src/components/site-data.js";
import type {Image, Plane} from "../../src/measures/image.js";
import {Progress} from "../cli/progress.js";
import {sha256, writeFileAtomic} from "../files.js";
import {decodeNpy, encodeNpy, encodePng8} from "../images/index.js";
import type {Json} from "../store/canonical.js";
import {type Artefact, type Recipe, Store} from "../store/store.js";
import {version} from "../version.js";
import {type Arm, openArms} from "./arms.js";
import {auditSite} from "./audit.js";
import {codeHash} from "./code-hash.js";
import {type Source, type SourceImage, siteSource} from "./images.js";
import {measurePair, type PairMeasures, spectrumFrequencies} from "./measures.js";
import {overview} from "./overview.js";
import {writePicture} from "./picture.js";
import {type SiteSettings, siteSettings} from "./settings.js";
import {thumbnailSheet, thumbnailSize} from "./thumbnails.js";

const published = fileURLToPath(new URL("../../data/published.json", import.meta.url));

/** A site's data in the store. */
export interface PreparedSite {
  /** Names the data: whatever is made from it is stale when this changes. */
  readonly key: string;
  readonly summary: string;
}

/** The environment variable by which a build tells its loaders in which folder of the store the tables lie. */
export const siteVariable = "BANDSCOPE_SITE";

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
  const {arms, engine} = await openArms(settings.weights);
  if (settings.weights.length > 0) say(`engine: ${engine}`);
  try {
    const results = await runAll(source, arms, store);
    const site = await tabulate(source, arms, engine, results, settings, store);
    if (publicFolder !== undefined) {
      writePictures(site, join(publicFolder, "images"));
      writeWeights(arms, join(publicFolder, "weights"));
    }
    process.env[siteVariable] = dirname(site.path("index.json"));
    const summary = `${results.length} ${source.title}, ${arms.length} arms: ${arms.map(({arm}) => arm.label).join(", ")}`;
    return {key: site.id, summary};
  } finally {
    for (const arm of arms) arm.dispose();
  }
}

/** A table of the prepared site. Loaders call this; run on their own, they prepare the site first. */
export async function siteFile(name: string): Promise<Buffer> {
  if (process.env[siteVariable] === undefined) await prepareSite();
  return readFileSync(join(process.env[siteVariable]!, name));
}

interface ArmResult {
  readonly output: Artefact;
  readonly measures: Artefact;
}

interface ImageResult {
  readonly image: SourceImage;
  readonly width: number;
  readonly height: number;
  readonly sha256: string;
  readonly hr: Artefact;
  readonly byArm: ReadonlyMap<string, ArmResult>;
}

const pixelsCode = codeHash([
  "loaders/site/picture.ts",
  "loaders/site/measures.ts",
  "loaders/site/thumbnails.ts",
  "loaders/images/encodePng.ts"
]);
const measuresCode = codeHash(["loaders/site/measures.ts", "src/measures"]);

async function runAll(source: Source, arms: readonly Arm[], store: Store): Promise<ImageResult[]> {
  const progress = new Progress("images", source.images.length * arms.length);
  const results: ImageResult[] = [];
  for (const image of source.images) {
    const pixels = await image.read();
    const hash = sha256(bytesOf(pixels));
    const common = {pixels: hash, width: pixels.width, height: pixels.height};
    const hr = await store.compute({kind: "picture", ...common, code: pixelsCode}, async (folder) => {
      writePicture(folder, pixels);
      return {};
    });
    const byArm = new Map<string, ArmResult>();
    for (const arm of arms) {
      byArm.set(arm.arm.id, await runOne(arm, pixels, common, store));
      progress.advance(1, `${image.id} ${arm.arm.label}`);
    }
    results.push({image, width: pixels.width, height: pixels.height, sha256: hash, hr, byArm});
  }
  progress.finish();
  return results;
}

async function runOne(arm: Arm, pixels: Image, common: {[key: string]: Json}, store: Store): Promise<ArmResult> {
  const output = await store.compute({...arm.recipe, ...common} as Recipe, async (folder) => {
    const plane = await arm.run(pixels);
    const data = Float32Array.from(plane.data);
    writeFileAtomic(join(folder, "output.npy"), encodeNpy(data, [plane.height, plane.width]));
    writeFileAtomic(join(folder, "output.png"), encodePng8({...plane, data}));
    return {engine: arm.arm.engine};
  });
  const measures = await store.compute(
    {kind: "pair-measures", output: output.id, pixels: common.pixels, code: measuresCode},
    async (folder) => {
      writeFileAtomic(
        join(folder, "measures.json"),
        JSON.stringify(measurePair(pixels, planeOf(output, "output.npy")))
      );
      return {};
    }
  );
  return {output, measures};
}

/** Puts all tables and pictures together as one artefact. */
async function tabulate(
  source: Source,
  arms: readonly Arm[],
  engine: string,
  results: readonly ImageResult[],
  {withoutDates}: SiteSettings,
  store: Store
): Promise<Artefact> {
  const dateOf = (artefact: Artefact) => (withoutDates ? null : artefact.provenance.date);
  const recipe = {
    kind: "site",
    code: codeHash(["loaders/site", "src/measures"]),
    published: sha256(readFileSync(published)),
    arms: arms.map(({arm}) => arm as unknown as Json),
    sets: source.sets as unknown as Json,
    images: results.map(({image, hr, byArm}) => ({
      id: image.id,
      set: image.set,
      patient: image.patient,
      modality: image.modality,
      seed: image.seed,
      hr: hr.id,
      // the dates too: a result that was lost and computed again is shown with its new date
      outputs: [...byArm].map(([arm, {output, measures}]) => [arm, output.id, measures.id, dateOf(output)])
    }))
  } satisfies Recipe;
  return store.compute(recipe as Recipe, async (folder) => {
    const write = (name: string, data: string | Uint8Array) => writeFileAtomic(join(folder, name), data);
    const picture = (stem: string, bytes: Uint8Array) => {
      const name = `${stem}.${sha256(bytes).slice(0, 8)}.png`;
      write(`images/${name}`, bytes);
      return name;
    };
    const images: SiteImage[] = [];
    const rows: MeasureRow[] = [];
    const curves: Record<string, Record<string, readonly (number | null)[]>> = {};
    for (const {image, width, height, sha256: pixels, hr, byArm} of results) {
      const {id, set, patient, modality, seed} = image;
      const outputs: Record<string, SiteOutput> = {};
      curves[id] = {hr: rounded(JSON.parse(hr.read("spectrum.json").toString()) as (number | null)[])};
      for (const [arm, {output, measures}] of byArm) {
        const {rows: own, spectrum} = JSON.parse(measures.read("measures.json").toString()) as PairMeasures;
        const file = picture(`${id}.${arm.replace(":", "-")}`, output.read("output.png"));
        outputs[arm] = {file, artefact: output.id, date: dateOf(output)};
        rows.push(...own.map((row) => ({image: id, set, patient, arm, ...row})));
        curves[id][arm] = rounded(spectrum);
      }
      const hrFile = picture(`${id}.hr`, hr.read("image.png"));
      images.push({id, set, patient, modality, width, height, seed, sha256: pixels, hr: hrFile, outputs});
    }
    const sheet = thumbnailSheet(results.map(({hr}) => thumbnailOf(hr)));
    const index: SiteIndex = {
      title: source.title,
      bandscope: version,
      engine,
      sets: source.sets,
      arms: arms.map(({arm}): SiteArm => arm),
      images,
      thumbnails: {
        file: picture("thumbnails", encodePng8(sheet)),
        size: thumbnailSize,
        columns: sheet.width / thumbnailSize
      }
    };
    const spectra: Spectra = {unit: "log10 power", frequencies: spectrumFrequencies(), curves};
    const study = JSON.parse(readFileSync(published, "utf8")) as Published;
    write("index.json", JSON.stringify(index));
    write("measures.csv", csvFormat(rows as unknown as object[]));
    write("spectra.json", JSON.stringify(spectra));
    write("audit.json", JSON.stringify(await auditOf(results, store)));
    write("overview.json", JSON.stringify(overview(index, rows, study)));
    return {};
  });
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
