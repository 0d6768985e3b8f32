import {readFileSync} from "node:fs";
import {createRequire} from "node:module";
import {type JpegCodec, jpegDecoder} from "./jpegDecoder.js";

export type {JpegPixels} from "./jpegDecoder.js";

/** Decodes a baseline or progressive 8-bit JPEG, in Node; see `jpegDecoder`. */
export const decodeJpeg = jpegDecoder(async () => {
  const require = createRequire(import.meta.url);
  const create = require("@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs") as (
    options: object
  ) => Promise<JpegCodec>;
  const wasmBinary = readFileSync(require.resolve("@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm"));
  return create({wasmBinary, print: () => {}, printErr: () => {}});
});
