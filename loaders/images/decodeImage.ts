import {InputError} from "../../models/errors.js";
import {isTiff} from "../formats/tiff/pages.js";
import type {DecodeContext, Volume} from "../formats/volume.js";
import {decodePng, isPng} from "./decodePng.js";
import {clampToUnitRange, type DecodedPlane, greyOfNpy, type RangeOptions} from "./greyOfNpy.js";
import {greyOfPng} from "./greyOfPng.js";
import type {Inflater} from "./inflate.js";
import type {JpegPixels} from "./jpegDecoder.js";
import {isJpeg} from "./jpegHeader.js";
import {decodeNpy, isNpy} from "./npy.js";

/** What the decoders of images need from outside; a page has other ones than Node. */
export interface ImageTools {
  readonly inflater: Inflater;
  readonly decodeJpeg: (bytes: Uint8Array, source: string) => Promise<JpegPixels>;
  /** geotiff takes a while to load, and most images are something else. */
  readonly decodeTiff: (bytes: Uint8Array, context: DecodeContext) => Promise<Volume>;
}

/**
 * Decodes a grey image in [0, 1] from its bytes: PNG, JPEG, TIFF of one page, `.npy`; see `readImage`. A page may run this.
 *
 * @throws InputError when the file isn't one of these, is damaged, or has values outside [0, 1].
 */
export async function decodeImageWith(
  tools: ImageTools,
  bytes: Uint8Array,
  source: string,
  options?: RangeOptions
): Promise<DecodedPlane> {
  if (isPng(bytes)) return greyOfPng(decodePng(bytes, tools.inflater, source));
  if (isNpy(bytes)) return greyOfNpy(decodeNpy(bytes, source), source, options);
  if (isJpeg(bytes)) {
    const {width, height, channels, data} = await tools.decodeJpeg(bytes, source);
    const grey = new Float32Array(width * height);
    if (channels === 1) for (let i = 0; i < grey.length; i++) grey[i] = data[i] / 255;
    else for (let i = 0, j = 0; i < grey.length; i++, j += 3) grey[i] = (data[j] + data[j + 1] + data[j + 2]) / 765;
    return {data: grey, width, height};
  }
  if (isTiff(bytes)) return greyOfTiff(tools, bytes, source, options);
  throw new InputError(
    `${source} is ${bytes.length === 0 ? "empty" : "not an image that can be read"}; PNG, JPEG, TIFF and .npy are`
  );
}

/** A TIFF of one page: unsigned integers over their white, floats as they are. */
async function greyOfTiff(
  {decodeTiff, inflater}: ImageTools,
  bytes: Uint8Array,
  source: string,
  options?: RangeOptions
): Promise<DecodedPlane> {
  const {data, shape, windows, inverted, meta} = await decodeTiff(bytes, {source, inflater});
  const [width, height, pages] = shape;
  if (pages > 1) throw new InputError(`${source} is a TIFF of ${pages} pages, and an image has one`);
  if (windows.length === 0 && !String(meta.dtype).startsWith("float")) {
    throw new InputError(
      `${source} holds ${meta.dtype}, whose white is unknown; save float in [0, 1], uint8 or uint16`
    );
  }
  const white = windows[0]?.width ?? 1;
  const grey = Float32Array.from(data, (value) => (inverted ? 1 - value / white : value / white));
  const clamped = clampToUnitRange(grey, source, options);
  return {data: grey, width, height, ...(clamped > 0 ? {clamped} : {})};
}
