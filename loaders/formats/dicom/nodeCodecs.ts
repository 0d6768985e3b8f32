import {readFileSync} from "node:fs";
import {createRequire} from "node:module";
import {decodeJpeg} from "../../images/decodeJpeg.js";
import type {FrameCodec} from "./codec.js";
import {type CodecModule, type CodecSources, wasmCodecs} from "./wasmCodecs.js";

const require = createRequire(import.meta.url);

/** All codecs, from `node_modules`. */
export const nodeCodecs: FrameCodec = wasmCodecs({
  module: async (name) => {
    const create = require(`${name}/decodewasmjs`) as (options: object) => Promise<CodecModule>;
    const wasmBinary = readFileSync(require.resolve(`${name}/decodewasm`));
    return create({wasmBinary, print: () => {}, printErr: () => {}});
  },
  lossless: async () => {
    const {Decoder} = require("jpeg-lossless-decoder-js") as {Decoder: Awaited<ReturnType<CodecSources["lossless"]>>};
    return Decoder;
  },
  decodeJpeg
});
