import {InputError} from "../../models/errors.js";
import {isGzip} from "./gzip.js";
import {decodeMetaImage, isMetaImage} from "./metaimage.js";
import {decodeMgh, isMgh} from "./mgh.js";
import {decodeNifti, isNifti} from "./nifti.js";
import {decodeNrrd, isNrrd} from "./nrrd.js";
import type {DecodeContext, Volume} from "./volume.js";

/**
 * Decodes the formats of volumes that need no codec, by content: NIfTI-1/2, MGH/MGZ, NRRD, MetaImage. Null when the
 * bytes are none of them. A page may run this.
 *
 * @param companion the content of a second file (`.img`, or a detached header's data)
 * @throws InputError when the file is damaged.
 */
export function decodePlainVolume(bytes: Uint8Array, context: DecodeContext, companion?: Uint8Array): Volume | null {
  if (bytes.length === 0) throw new InputError(`${context.source} is empty`);
  const head = isGzip(bytes) ? context.inflater.gunzipHead(bytes) : bytes;
  if (isNifti(head)) return decodeNifti(bytes, context, companion);
  if (isNrrd(bytes)) return decodeNrrd(bytes, context, companion);
  if (isMetaImage(bytes)) return decodeMetaImage(bytes, context, companion);
  if (isMgh(head)) return decodeMgh(bytes, context);
  if (isAnalyze(head)) {
    const what =
      head.length < 348 ? "its NIfTI header is cut short" : "its header has no NIfTI magic (Analyze 7.5 isn't read)";
    throw new InputError(`${context.source} is not readable: ${what}`);
  }
  return null;
}

/** A header of NIfTI's size without its magic: Analyze 7.5, which doesn't tell left from right, or a damaged NIfTI. */
function isAnalyze(head: Uint8Array): boolean {
  if (head.length < 8) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return [348, 540].some((size) => view.getInt32(0, true) === size || view.getInt32(0, false) === size);
}
