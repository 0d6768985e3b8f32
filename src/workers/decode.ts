import {decodePlainVolume} from "../../loaders/formats/decodeVolume.js";
import {isDicom} from "../../loaders/formats/dicom/dataSet.js";
import {decodeDicom} from "../../loaders/formats/dicom/decodeDicom.js";
import {type CodecSources, wasmCodecs} from "../../loaders/formats/dicom/wasmCodecs.js";
import {isGzip} from "../../loaders/formats/gzip.js";
import {directionsOf} from "../../loaders/formats/orientation.js";
import {type SliceAxis, slice} from "../../loaders/formats/slice.js";
import {decodeTiff} from "../../loaders/formats/tiff/decodeTiff.js";
import {isTiff} from "../../loaders/formats/tiff/pages.js";
import type {Volume, Window} from "../../loaders/formats/volume.js";
import {toUnitRange, type Windowing} from "../../loaders/formats/windowing.js";
import {decodeImageWith} from "../../loaders/images/decodeImage.js";
import {isPng} from "../../loaders/images/decodePng.js";
import {isJpeg} from "../../loaders/images/jpegHeader.js";
import {isNpy} from "../../loaders/images/npy.js";
import {portableInflater} from "../../loaders/images/portableInflater.js";
import {InputError} from "../../models/errors.js";
import type {Plane} from "../measures/image.js";

/**
 * The readers of the command line, as far as a page can run them. This is the only way from a page into `loaders`; it needs
 * nothing of Node.
 */

/** A file that a reader gave: a picture, or a volume of which a slice and a window are to be chosen. */
export type Given =
  | {readonly kind: "image"; readonly plane: Plane}
  | {readonly kind: "volume"; readonly volume: Volume};

/** What a page must know of a volume to offer its slices. */
export interface VolumeFacts {
  readonly format: Volume["kind"];
  readonly shape: Volume["shape"];
  readonly frames: number;
  readonly spacing: Volume["spacing"];
  /** The ways to cut, the file's own first. */
  readonly cuts: readonly {readonly axis: 0 | 1 | 2; readonly label: string; readonly slices: number}[];
  /** The windows that the file proposes. */
  readonly windows: readonly Window[];
  /** The file has a table to grey of its own. */
  readonly lookup: boolean;
  /** Least and greatest finite value, in the file's unit. */
  readonly range: readonly [low: number, high: number];
  readonly modality: string | null;
}

/** Which picture of a volume is wanted. */
export interface Cut {
  readonly axis: 0 | 1 | 2;
  readonly index: number;
  readonly frame: number;
  readonly windowing: Windowing;
}

/**
 * Decodes a file by its content, not its name. @throws InputError in one sentence when it is damaged or of a kind that isn't
 * read.
 */
export async function decodeGiven(bytes: Uint8Array, name: string, codecs: CodecSources): Promise<Given> {
  const context = {source: name, inflater: portableInflater};
  if (bytes.length === 0) throw new InputError(`${name} is empty`);
  const image = isPng(bytes) || isJpeg(bytes) || isNpy(bytes);
  const volume = image ? null : await decodeVolume();
  if (volume !== null) return {kind: "volume", volume};
  if (!image && !isTiff(bytes)) {
    throw new InputError(
      `${name} is not a file that can be read; PNG, JPEG, TIFF, NumPy, DICOM, NIfTI, MGH, NRRD and MetaImage are`
    );
  }
  const tools = {inflater: portableInflater, decodeJpeg: codecs.decodeJpeg, decodeTiff};
  const {data, width, height} = await decodeImageWith(tools, bytes, name);
  return {kind: "image", plane: {data, width, height}};

  async function decodeVolume(): Promise<Volume | null> {
    const plain = decodePlainVolume(bytes, context);
    if (plain !== null) return plain;
    // before TIFF: a DICOM file may have a TIFF's header in its preamble
    if (isDicom(isGzip(bytes) ? portableInflater.gunzipHead(bytes) : bytes)) {
      return decodeDicom(bytes, context, wasmCodecs(codecs));
    }
    if (!isTiff(bytes)) return null;
    const tiff = await decodeTiff(bytes, context);
    // unsigned samples, and floats in [0, 1], of a single page are a picture
    const picture = tiff.shape[2] === 1 && (tiff.windows.length > 0 || tiff.data.every((v) => v >= 0 && v <= 1));
    return picture ? null : tiff;
  }
}

/** What can be shown of a volume. */
export function volumeFacts(volume: Volume): VolumeFacts {
  const {kind, shape, frames, spacing, windows, orientation, sliceAxis, meta} = volume;
  let [low, high] = [Infinity, -Infinity];
  for (const value of volume.data) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const directions = orientation === null ? null : directionsOf(orientation);
  const names = ["sagittal", "coronal", "axial"];
  const cuts = ([0, 1, 2] as const)
    .filter((axis) => axis === sliceAxis || shape.every((n, i) => i === axis || n > 1))
    .map((axis) => ({
      axis,
      label: directions === null ? `along axis ${axis + 1}` : names[directions[axis].axis],
      slices: shape[axis]
    }))
    .sort((a, b) => Number(b.axis === sliceAxis) - Number(a.axis === sliceAxis));
  return {
    format: kind,
    shape,
    frames,
    spacing,
    cuts,
    windows,
    lookup: volume.lookup !== undefined,
    range: low <= high ? [low, high] : [0, 0],
    modality: typeof meta.modality === "string" ? meta.modality : null
  };
}

/** One slice as grey in [0, 1]; NaN and infinite values become black. @throws InputError when there is no such slice. */
export function volumePlane(volume: Volume, {axis, index, frame, windowing}: Cut): Plane {
  const plane = slice(volume, axis as SliceAxis, index, {frame});
  return toUnitRange(plane, windowing, {volume, nan: 0});
}
