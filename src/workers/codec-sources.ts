import {Decoder as LosslessDecoder} from "jpeg-lossless-decoder-js";
import type {CodecModule, CodecPackage, CodecSources} from "../../loaders/formats/dicom/wasmCodecs.js";
import {type JpegCodec, jpegDecoder} from "../../loaders/images/jpegDecoder.js";

type Create<T> = (options: object) => Promise<T>;

/** libjpeg-turbo for a page: the decoder that the command line has, so values agree to the bit. */
export const decodeJpeg = jpegDecoder(async () => {
  const {default: create} = await import("@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs");
  return instantiate(create as Create<JpegCodec>, "libjpegturbowasm_decode.wasm");
});

/** The codecs of DICOM for a page. Their WebAssembly lies beside the worker and is fetched when a file needs it. */
export const codecSources: CodecSources = {
  module: async (name: CodecPackage) => {
    if (name === "@cornerstonejs/codec-openjpeg") {
      const {default: create} = await import("@cornerstonejs/codec-openjpeg/decodewasmjs");
      return instantiate(create as Create<CodecModule>, "openjpegwasm_decode.wasm");
    }
    const {default: create} = await import("@cornerstonejs/codec-charls/decodewasmjs");
    return instantiate(create as Create<CodecModule>, "charlswasm_decode.wasm");
  },
  lossless: async () => LosslessDecoder,
  decodeJpeg
};

async function instantiate<T>(create: Create<T>, file: string): Promise<T> {
  const response = await fetch(new URL(file, import.meta.url));
  if (!response.ok) throw new Error(`the codec ${file} could not be loaded (${response.status})`);
  return create({wasmBinary: new Uint8Array(await response.arrayBuffer()), print: () => {}, printErr: () => {}});
}
