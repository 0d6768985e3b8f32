import {mkdirSync, readFileSync, writeFileSync} from "node:fs";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";
import type {
  Published,
  SiteArm,
  SiteAudit,
  SiteCalibration,
  SiteImage,
  SiteIndex,
  SitePairing
} from "../../src/components/site-data.js";
import type {Plane} from "../../src/measures/image.js";
import {json} from "../analyse/report.js";
import {sha256} from "../files.js";
import {encodePng8} from "../images/index.js";
import {type Json, recipeHash} from "../store/canonical.js";
import {type Artefact, type Recipe, Store} from "../store/store.js";
import {version} from "../version.js";
import {type Arm, openArms} from "./arms.js";
import {type AuditTaskResult, listPlaces, ofCommonSize, peakOf} from "./audit.js";
import {blur, calibrations, noise, planted} from "./calibration.js";
import {codeHash, imageMeasures} from "./code-hash.js";
import {pairingRates} from "./fabrication.js";
import {type Source, siteSource} from "./images.js";
import {layFiles} from "./lay-files.js";
import {lowOf} from "./low.js";
import {overview} from "./overview.js";
import {readPlane} from "./planes.js";
import {Pool, threadsFor} from "./pool.js";
import {pseudonymsOf} from "./pseudonyms.js";
import {type ImageResult, runAll} from "./results.js";
import {type SiteSettings, siteSettings} from "./settings.js";
import {siteVariable} from "./site-file.js";
import {siteStudies, studiesHash} from "./studies.js";
import {writeTables} from "./tables.js";
import {textOrder} from "./text-order.js";
import {thumbnailColumns, thumbnailSheet, thumbnailSize, thumbnailsEach} from "./thumbnails.js";

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
  /**
   * Lays what pages ask for by names known only at run time into a folder: `images/`, `tables/`, `weights/` (small autoencoders). What
   * else is in these three is taken away.
   */
  lay(folder: string, how: "link" | "copy"): void;
}

/**
 * Runs every arm on every image that the settings ask for, measures the outputs, and puts the tables into the store as
 * one artefact, whose folder it also leaves in BANDSCOPE_SITE for the loaders. What the store has is not computed again.
 */
export async function prepareSite({
  settings = siteSettings(),
  store = new Store(),
  threads,
  say = () => {}
}: {
  settings?: SiteSettings;
  store?: Store;
  /** Threads beside this one; by the number of pairs unless told. */
  threads?: number;
  say?: (text: string) => void;
} = {}): Promise<PreparedSite> {
  const source = siteSource(settings);
  const {arms, engine} = await openArms(settings.weights, settings.generators, settings.outputs);
  if (engine !== "none") say(`engine: ${engine}`);
  const pool = new Pool(threads ?? threadsFor(source.images.length * arms.length));
  try {
    const measured = await runAll(source, arms, store, pool);
    const results = settings.pseudonyms ? pseudonymousResults(measured, source) : measured;
    const site = await tabulate({source, arms, engine, results, settings, store, pool});
    process.env[siteVariable] = dirname(site.path("index.json"));
    const labels = arms.map(({arm}) => arm.label);
    const named = labels.length > 24 ? [...labels.slice(0, 23), "…"] : labels;
    return {
      key: site.id,
      summary: `${results.length} ${source.title}, ${arms.length} arms: ${named.join(", ")}`,
      images: results.length,
      pixels: () => pixelsOf(results),
      lay: (folder, how) => lay(site, arms, folder, how)
    };
  } finally {
    await pool.close();
    for (const arm of arms) if (arm.files === undefined) arm.dispose();
  }
}

function* pixelsOf(results: readonly ImageResult[]): Generator<Plane> {
  for (const {hr} of results) {
    const image = readPlane(hr.plane);
    yield image;
    yield readPlane(hr.thumbnail);
    yield lowOf({...image, id: ""});
  }
  // arm by arm: outputs of one file are read together
  for (const arm of results[0]?.byArm.keys() ?? [])
    for (const {byArm} of results) yield readPlane(byArm.get(arm)!.plane);
}

/** The results under names that say nothing; those of simulated images keep theirs. */
function pseudonymousResults(results: readonly ImageResult[], {sets}: Source): ImageResult[] {
  const simulated = new Set(sets.filter((set) => set.simulated).map(({id}) => id));
  const names = pseudonymsOf(results.map(({image}) => image).filter(({set}) => !simulated.has(set)));
  return results
    .map((result) => ({...result, image: {...result.image, ...names.get(result.image.id)}}))
    .sort((a, b) => (simulated.has(a.image.set) || a.image.set !== b.image.set ? 0 : a.image.id < b.image.id ? -1 : 1));
}

interface TabulateInput {
  readonly source: Source;
  readonly arms: readonly Arm[];
  readonly engine: string;
  readonly results: readonly ImageResult[];
  readonly settings: SiteSettings;
  readonly store: Store;
  readonly pool: Pool;
}

/** Puts all tables together as one artefact. The pictures stay where they are; `pictures.json` says where. */
async function tabulate({source, arms, engine, results, settings, store, pool}: TabulateInput): Promise<Artefact> {
  const {withoutDates, withoutImages = false, pseudonyms = false, studies = []} = settings;
  const dateOf = ({date}: {readonly date: string}) => (withoutDates ? null : date);
  const calibration = await calibrationOf(results, store, ({provenance}) => dateOf(provenance));
  const recipe: Recipe = {
    kind: "site",
    code: codeHash([
      "loaders/site",
      "loaders/studies/results",
      "src/measures",
      "src/components/study-data.ts",
      "src/components/paper-data.ts",
      "src/components/paper-rows.ts",
      "src/components/format.ts",
      "src/components/histogram-codec.ts",
      "src/components/spectra-data.ts"
    ]),
    studies: studiesHash(studies),
    ...(withoutImages ? {withoutImages} : {}),
    ...(pseudonyms ? {pseudonyms} : {}),
    published: sha256(readFileSync(published)),
    arms: arms.map(({arm}) => arm as unknown as Json),
    sets: source.sets as unknown as Json,
    calibration: [calibration.artefact, calibration.date],
    // a line an image: a list of tens of thousands of names would be most of the record
    images: sha256(
      results
        .map(({image: {id, set, patient, modality, seed}, hr, byArm}) => {
          // the dates too: a result that was lost and computed again is shown with its new date
          const outputs = [...byArm].map(([arm, output]) => [
            arm,
            output.artefact,
            output.measures.artefact,
            output.spread?.id ?? null,
            dateOf(output)
          ]);
          return JSON.stringify([id, set, patient, modality, seed, hr.artefact, outputs]);
        })
        .join("\n")
    )
  };
  const key = recipeHash(recipe as Json).slice(0, 12);
  return store.compute(recipe, async (folder) => {
    const write = (name: string, data: unknown) => writeFileSync(join(folder, name), JSON.stringify(data));
    const tables = join(folder, "tables", key);
    for (const name of ["images", "sets", "columns", "errors", "audit", "studies"])
      mkdirSync(join(tables, name), {recursive: true});
    mkdirSync(join(folder, "sheets"));
    const pictures: Record<string, string> = {};
    const picture = (stem: string, {path, sha256}: {readonly path: string; readonly sha256: string}) => {
      if (withoutImages) return "";
      const name = `${stem}.${sha256.slice(0, 8)}.png`;
      pictures[name] = path;
      return name;
    };
    const written = await writeTables(tables, {
      results,
      arms,
      sets: source.sets,
      pseudonyms,
      withoutImages,
      dateOf,
      picture,
      pool
    });
    const last = (arm: string) =>
      results.reduce<string | null>((latest, {byArm}) => {
        const date = dateOf(byArm.get(arm)!);
        return latest === null || (date !== null && date > latest) ? date : latest;
      }, null);
    const index: SiteIndex = {
      title: source.title,
      ...(withoutImages ? {withoutImages} : {}),
      ...(pseudonyms ? {pseudonyms} : {}),
      bandscope: version,
      engine,
      sets: source.sets.map((set) => ({...set, sha256: hashOfSet(results, set.id)})),
      arms: arms.map(({arm}): SiteArm => arm),
      computed: Object.fromEntries(arms.map(({arm}) => [arm.id, last(arm.id)])),
      images: results.map(({image: {id, set, patient, modality, seed}, width, height, lesion}): SiteImage => {
        const about = {id, set, patient, modality, width, height, seed};
        return lesion && !withoutImages
          ? {...about, lesion: {contrast: lesion.contrast, pixels: lesion.pixels}}
          : about;
      }),
      measures: written.measures,
      pairing: pairingOf(results, arms),
      tables: key,
      thumbnails: {
        files: withoutImages ? [] : thumbnails(results, folder),
        each: thumbnailsEach,
        size: thumbnailSize,
        columns: Math.min(thumbnailColumns, Math.max(1, results.length))
      }
    };
    const {audit, correlations} = await auditOf(results, arms, store, pool);
    correlations.forEach((correlation, a) => {
      write(join("tables", key, "audit", `${a}.json`), correlation);
    });
    write("index.json", index);
    write("audit.json", audit);
    write("calibration.json", calibration);
    const paper = JSON.parse(readFileSync(published, "utf8")) as Published;
    const levels = overview(index, written.psnr, outputsOf(results, dateOf), paper);
    write("overview.json", levels);
    const {studies: listed, tables: ofStudies} = siteStudies(studies, `${key}/studies`, paper, levels, {pseudonyms});
    writeFileSync(join(folder, "studies.json"), json(listed));
    for (const [name, data] of ofStudies) writeFileSync(join(folder, "tables", name), data);
    write("pictures.json", pictures);
    return {};
  });
}

/** Artefact and date of an output, for the overview. */
function outputsOf(results: readonly ImageResult[], dateOf: (output: {readonly date: string}) => string | null) {
  const byId = new Map(results.map(({image, byArm}) => [image.id, byArm]));
  return (image: string, arm: string) => {
    const output = byId.get(image)!.get(arm)!;
    return {artefact: output.artefact, date: dateOf(output)};
  };
}

/** Writes the sheets; their names. */
function thumbnails(results: readonly ImageResult[], folder: string): string[] {
  const names: string[] = [];
  for (let from = 0; from < results.length; from += thumbnailsEach) {
    const sheet = thumbnailSheet(results.slice(from, from + thumbnailsEach).map(({hr}) => readPlane(hr.thumbnail)));
    const bytes = encodePng8(sheet);
    const name = `thumbnails-${from / thumbnailsEach + 1}.${sha256(bytes).slice(0, 8)}.png`;
    writeFileSync(join(folder, "sheets", name), bytes);
    names.push(name);
  }
  return names;
}

/** Over its images' hashes, whatever their names and order. */
function hashOfSet(results: readonly ImageResult[], set: string): string {
  const hashes = results.filter(({image}) => image.set === set).map((result) => result.sha256);
  return sha256(hashes.sort().join("\n"));
}

/** The pairing audit: an artefact an arm, since it looks at every pair. */
async function auditOf(
  results: readonly ImageResult[],
  arms: readonly Arm[],
  store: Store,
  pool: Pool
): Promise<{audit: SiteAudit; correlations: AuditTaskResult["correlation"][]}> {
  const alike = ofCommonSize(results);
  const shown = listPlaces(alike.length);
  const audits = await Promise.all(
    arms.map(({arm}) =>
      pool.run({
        kind: "audit",
        store: store.folder,
        images: alike.map(({image: {id}, hr, byArm}) => {
          const {artefact, plane} = byArm.get(arm.id)!;
          return {id, key: `${hr.artefact} ${artefact} ${plane.offset}`, hr: hr.plane, output: plane};
        }),
        shown
      })
    )
  );
  const peaks = alike.map(({hr}) => peakOf(readPlane(hr.plane))).sort((a, b) => a - b);
  return {
    audit: {
      images: shown.map((i) => ({id: alike[i].image.id, set: alike[i].image.set})),
      audited: alike.length,
      order: textOrder(shown.length),
      arms: Object.fromEntries(
        arms.map(({arm}, a) => [arm.id, {paired: audits[a].paired, mispaired: audits[a].mispaired}])
      ),
      peaks: [peaks[0], peaks[peaks.length >> 1], peaks[peaks.length - 1]]
    },
    correlations: audits.map(({correlation}) => correlation)
  };
}

function pairingOf(results: readonly ImageResult[], arms: readonly Arm[]): Record<string, SitePairing> {
  // outputs of another size cannot meet
  const alike = results.filter(({width, height}) => width === results[0].width && height === results[0].height);
  const pairing: Record<string, SitePairing> = {};
  for (const {arm} of arms) {
    const ae = arm.generator?.autoencoder;
    if (ae === undefined || !arms.some((one) => one.arm.id === ae)) continue;
    pairing[arm.id] = pairingRates(
      alike.map(({hr, byArm}) => ({
        hr: () => readPlane(hr.plane),
        output: () => readPlane(byArm.get(arm.id)!.plane),
        ae: () => readPlane(byArm.get(ae)!.plane)
      }))
    );
  }
  return pairing;
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
    images: chosen.map(({image, hr}) => [image.id, hr.artefact]),
    planted: planted as unknown as Json,
    code: codeHash(["loaders/site/calibration.ts", ...imageMeasures])
  };
  const artefact = await store.compute(recipe, async (folder) => {
    const images = chosen.map(({image, hr}) => ({id: image.id, ...readPlane(hr.plane)}));
    const lesions = images.length === 0 ? [] : calibrations(images);
    writeFileSync(join(folder, "calibration.json"), JSON.stringify(lesions));
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

/** `PreparedSite.lay`. */
function lay(site: Artefact, arms: readonly Arm[], folder: string, how: "link" | "copy"): void {
  const pictures = JSON.parse(site.read("pictures.json").toString()) as Record<string, string>;
  const below = (prefix: string) =>
    Object.keys(site.files)
      .filter((file) => file.startsWith(prefix))
      .map((file) => [file.slice(prefix.length), site.path(file)] as const);
  layFiles(join(folder, "images"), new Map([...Object.entries(pictures), ...below("sheets/")]), how);
  layFiles(join(folder, "tables"), new Map(below("tables/")), how);
  // what a person may train anew is no result of the store
  const weights = arms.flatMap((arm) => (arm.files === undefined ? [...(arm.browserFiles ?? [])] : []));
  layFiles(join(folder, "weights"), new Map(weights), "copy");
}
