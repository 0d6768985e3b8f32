import {access, readdir, readFile, stat} from "node:fs/promises";
import {basename, dirname, extname, join} from "node:path";
import {InputError} from "../../models/errors.js";
import {nodeInflater} from "../images/nodeInflater.js";
import {readWhole} from "../images/readWhole.js";
import {decodePlainVolume} from "./decodeVolume.js";
import {isDicom} from "./dicom/dataSet.js";
import {decodeDicom} from "./dicom/decodeDicom.js";
import {nodeCodecs} from "./dicom/nodeCodecs.js";
import {groupSeries, readSeries} from "./dicom/series.js";
import {isGzip} from "./gzip.js";
import {isMetaImage, metaImageDataFile} from "./metaimage.js";
import {isNifti, readNiftiHeader} from "./nifti.js";
import {isNrrd, nrrdDataFile} from "./nrrd.js";
import {toCanonical} from "./orientation.js";
import {isTiff} from "./tiff/pages.js";
import type {DecodeContext, Volume} from "./volume.js";

/**
 * Reads a medical image, or a folder with the files of one DICOM series, and turns its axes as near as can be to
 * right, anterior, superior (where the file says how the patient lay). The content counts, not the extension.
 *
 * @throws InputError in one sentence when the file is damaged, holds no image, or is of a kind that isn't read.
 */
export async function readVolume(path: string): Promise<Volume> {
  return toCanonical(await readMedical(path));
}

/**
 * Reads a medical image (or a folder with one DICOM series) with the axes of the file. @throws InputError as
 * `readVolume`.
 */
export async function readMedical(path: string): Promise<Volume> {
  if (await isFolder(path)) return readFolder(path);
  const header = await headerOf(path);
  if (header !== null) return readMedical(header);
  const bytes = await readWhole(path);
  const context: DecodeContext = {source: path, inflater: nodeInflater};
  const volume = decodePlainVolume(bytes, context, await companionOf(path, bytes));
  if (volume !== null) return volume;
  const head = isGzip(bytes) ? nodeInflater.gunzipHead(bytes) : bytes;
  // before TIFF: a DICOM file may have a TIFF's header in its preamble
  if (isDicom(head)) return decodeDicom(bytes, context, nodeCodecs);
  if (isTiff(bytes)) return (await import("./tiff/decodeTiff.js")).decodeTiff(bytes, context);
  throw new InputError(
    `${path} is not a medical image that can be read; NIfTI, MGH, DICOM, NRRD, MetaImage and TIFF are`
  );
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false
  );
}

async function readFolder(folder: string): Promise<Volume> {
  const entries = await readdir(folder, {withFileTypes: true});
  const paths = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map(({name}) => join(folder, name));
  const series = await groupSeries(paths);
  if (series.length === 0) throw new InputError(`${folder} holds no DICOM images`);
  if (series.length > 1) {
    const counts = series.map(({paths}) => paths.length).join(", ");
    throw new InputError(
      `${folder} holds ${series.length} DICOM series (${counts} files); a volume is read from a folder with one`
    );
  }
  return readSeries(series[0].paths);
}

/** The `.hdr` beside an `.img` file. */
async function headerOf(path: string): Promise<string | null> {
  if (!/\.img(\.gz)?$/i.test(path)) return null;
  const header = path.replace(/\.img(\.gz)?$/i, ".hdr");
  const exists = await access(header).then(
    () => true,
    () => false
  );
  return exists ? header : null;
}

/** The second file of a pair, where there is one. */
async function companionOf(path: string, bytes: Uint8Array): Promise<Uint8Array | undefined> {
  const head = isGzip(bytes) ? nodeInflater.gunzipHead(bytes) : bytes;
  if (isNifti(head)) {
    if (!readNiftiHeader(head, path).pair) return undefined;
    const stem = path.replace(/\.gz$/i, "").slice(0, -extname(path.replace(/\.gz$/i, "")).length || undefined);
    for (const name of [`${stem}.img`, `${stem}.img.gz`, `${stem}.IMG`]) {
      const image = await readFile(name).catch(() => undefined);
      if (image !== undefined) return image;
    }
    return undefined;
  }
  const name = isNrrd(bytes) ? nrrdDataFile(bytes, path) : isMetaImage(bytes) ? metaImageDataFile(bytes, path) : null;
  if (name === null) return undefined;
  // a header must not make us read files elsewhere
  if (basename(name) !== name || name === ".." || name === "." || /[\\\0\s]/.test(name.trim())) {
    throw new InputError(
      `${path} keeps its data in ${JSON.stringify(name.slice(0, 80))}; only one file beside it is read`
    );
  }
  return readWhole(join(dirname(path), name), ` (the data of ${path})`);
}
