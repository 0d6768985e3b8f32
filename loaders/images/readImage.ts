import {InputError} from "../../models/errors.js";
import type {Image} from "../../src/measures/image.js";
import {isTiff} from "../formats/tiff/pages.js";
import {decodeJpeg} from "./decodeJpeg.js";
import {decodePng, isPng} from "./decodePng.js";
import {clampToUnitRange, type DecodedPlane, greyOfNpy, type RangeOptions} from "./greyOfNpy.js";
import {greyOfPng} from "./greyOfPng.js";
import {isJpeg} from "./jpegHeader.js";
import {stemOf} from "./listImages.js";
import {nodeInflater} from "./nodeInflater.js";
import {decodeNpy, isNpy, type Npy} from "./npy.js";
import {readWhole} from "./readWhole.js";

/**
 * Reads a grey image in [0, 1]; its id is the file's stem. The content counts, not the extension: PNG (1 to 16 bit,
 * every colour type), JPEG, TIFF of one page (unsigned integers, float in [0, 1]), `.npy` (height × width; float in
 * [0, 1], uint8, uint16). Colour becomes grey by the channel mean; transparent pixels are flattened onto black; gamma,
 * colour profiles and EXIF rotation aren't applied.
 *
 * @throws InputError when the file isn't one of these, is damaged, or has values outside [0, 1].
 */
export async function readImage(path: string, options?: RangeOptions): Promise<Image & DecodedPlane> {
  return {id: stemOf(path), ...(await decodeImage(await readWhole(path), path, options))};
}

/** Decodes an image from its bytes as `readImage` does. */
export async function decodeImage(bytes: Uint8Array, source: string, options?: RangeOptions): Promise<DecodedPlane> {
  if (isPng(bytes)) return greyOfPng(decodePng(bytes, nodeInflater, source));
  if (isNpy(bytes)) return greyOfNpy(decodeNpy(bytes, source), source, options);
  if (isJpeg(bytes)) {
    const {width, height, channels, data} = await decodeJpeg(bytes, source);
    const grey = new Float32Array(width * height);
    if (channels === 1) for (let i = 0; i < grey.length; i++) grey[i] = data[i] / 255;
    else for (let i = 0, j = 0; i < grey.length; i++, j += 3) grey[i] = (data[j] + data[j + 1] + data[j + 2]) / 765;
    return {data: grey, width, height};
  }
  if (isTiff(bytes)) return greyOfTiff(bytes, source, options);
  throw new InputError(
    `${source} is ${bytes.length === 0 ? "empty" : "not an image that can be read"}; PNG, JPEG, TIFF and .npy are`
  );
}

/** A TIFF of one page: unsigned integers over their white, floats as they are. */
async function greyOfTiff(bytes: Uint8Array, source: string, options?: RangeOptions): Promise<DecodedPlane> {
  // geotiff takes a while to load, and most images are something else
  const {decodeTiff} = await import("../formats/tiff/decodeTiff.js");
  const {data, shape, windows, inverted, meta} = await decodeTiff(bytes, {source, inflater: nodeInflater});
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

/** Reads a `.npy` file of any shape. @throws InputError as `decodeNpy`. */
export async function readNpy(path: string): Promise<Npy> {
  return decodeNpy(await readWhole(path), path);
}
