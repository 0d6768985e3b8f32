import type {Image} from "../../src/measures/image.js";
import {decodeImageWith, type ImageTools} from "./decodeImage.js";
import {decodeJpeg} from "./decodeJpeg.js";
import type {DecodedPlane, RangeOptions} from "./greyOfNpy.js";
import {stemOf} from "./listImages.js";
import {nodeInflater} from "./nodeInflater.js";
import {decodeNpy, type Npy} from "./npy.js";
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
export function decodeImage(bytes: Uint8Array, source: string, options?: RangeOptions): Promise<DecodedPlane> {
  return decodeImageWith(nodeTools, bytes, source, options);
}

const nodeTools: ImageTools = {
  inflater: nodeInflater,
  decodeJpeg,
  decodeTiff: async (bytes, context) => (await import("../formats/tiff/decodeTiff.js")).decodeTiff(bytes, context)
};

/** Reads a `.npy` file of any shape. @throws InputError as `decodeNpy`. */
export async function readNpy(path: string): Promise<Npy> {
  return decodeNpy(await readWhole(path), path);
}
