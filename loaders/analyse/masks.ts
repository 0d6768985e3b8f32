import {InputError} from "../../models/errors.js";
import type {Plane} from "../../src/measures/image.js";
import {sha256} from "../files.js";
import {decodeImage} from "../images/index.js";
import {isJpeg} from "../images/jpegHeader.js";
import {readBytes} from "./read-bytes.js";

/**
 * A region of interest: 1 where the file's pixel isn't zero, 0 elsewhere. Labels (1, 2, 4 …) count as inside.
 * @throws InputError for a file that cannot be read, and for a JPEG, whose compression leaves pixels near an edge that are not zero.
 */
export async function readMask(path: string): Promise<{plane: Plane; sha256: string}> {
  const bytes = await readBytes(path);
  if (isJpeg(bytes)) {
    throw new InputError(`${path} is a JPEG, which blurs the edge of a mask; save the mask as PNG, TIFF or .npy`);
  }
  const {data, width, height} = await decodeImage(bytes, path, {overshoot: Infinity});
  return {plane: {data: Float32Array.from(data, (v) => (v !== 0 ? 1 : 0)), width, height}, sha256: sha256(bytes)};
}
