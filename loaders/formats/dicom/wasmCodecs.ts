import type {JpegPixels} from "../../images/jpegDecoder.js";
import {type JpegHeader, readJpegHeader} from "../../images/jpegHeader.js";
import type {CodedFrame, DecodedFrame, FrameCodec} from "./codec.js";
import {decodeJpeg12} from "./jpeg12.js";

/** A decoder of OpenJPEG or CharLS in WebAssembly. */
export interface Decoder {
  getEncodedBuffer(length: number): Uint8Array;
  getDecodedBuffer(): Uint8Array;
  readHeader(): void;
  decode(): void;
  getInterleaveMode(): number;
  getFrameInfo(): {width: number; height: number; bitsPerSample: number; componentCount: number; isSigned?: boolean};
  delete(): void;
}

/** A WebAssembly module, by the names of its decoders. */
export type CodecModule = Readonly<Record<string, new () => Decoder>>;

export type CodecPackage = "@cornerstonejs/codec-openjpeg" | "@cornerstonejs/codec-charls";

/** Where the codecs come from: `node_modules` in a loader, the network in a page. */
export interface CodecSources {
  /** A fresh instance. */
  module(name: CodecPackage): Promise<CodecModule>;
  lossless(): Promise<
    new () => {decode(buffer: ArrayBuffer, offset: number, length: number): Uint8Array | Uint16Array | null}
  >;
  decodeJpeg(bytes: Uint8Array, source: string): Promise<JpegPixels>;
}

/** libjpeg-turbo, OpenJPEG and CharLS (WebAssembly), and two decoders in JavaScript for what these don't read. */
export function wasmCodecs(sources: CodecSources): FrameCodec {
  return async (coding, frame) => {
    if (coding === "jpeg-2000") return decodeJpeg2000(frame, sources);
    const header = jpegHeader(frame);
    if (coding === "jpeg-ls") {
      if (header.process !== 0xf7) throw new Error("its frame isn't JPEG-LS");
      return decodeJpegLs(frame, sources);
    }
    if (coding === "jpeg-lossless") {
      if (header.process !== 3) throw new Error("its frame isn't lossless JPEG");
      return decodeLossless(frame, header.precision, sources);
    }
    if (header.precision === 12) {
      if (header.components !== 1 || header.process > 1)
        throw new Error("12-bit JPEG is read only grey and sequential");
      return {data: decodeJpeg12(frame.bytes).data, bits: 12, rgb: false};
    }
    const {data} = await sources.decodeJpeg(frame.bytes, "it");
    return {data, bits: 8, rgb: frame.channels === 3};
  };
}

function jpegHeader({bytes, rows, columns, channels}: CodedFrame): JpegHeader {
  const header = readJpegHeader(bytes, "its frame");
  if (header.height !== rows || header.width !== columns || header.components !== channels) {
    throw new Error(
      `its frame is ${header.width}×${header.height} with ${header.components} channels, and ${columns}×${rows} with ${channels} are claimed`
    );
  }
  return header;
}

async function decodeLossless(
  {bytes, rows, columns, channels}: CodedFrame,
  precision: number,
  sources: CodecSources
): Promise<DecodedFrame> {
  if (precision < 2 || precision > 16) throw new Error(`its frame has ${precision} bits a sample`);
  const Decoder = await sources.lossless();
  // the decoder reads a little past the end of what it is given
  const copy = new Uint8Array(bytes.length + 16);
  copy.set(bytes);
  const decoded = new Decoder().decode(copy.buffer, 0, copy.length);
  if (decoded === null || decoded.length !== rows * columns * channels)
    throw new Error("its lossless JPEG data are damaged");
  return {data: decoded, bits: precision, rgb: false};
}

async function decodeJpegLs(
  {bytes, rows, columns, channels}: CodedFrame,
  sources: CodecSources
): Promise<DecodedFrame> {
  return withDecoder(sources, "@cornerstonejs/codec-charls", "JpegLSDecoder", bytes, (decoder) => {
    decoder.decode();
    const {width, height, bitsPerSample, componentCount} = decoder.getFrameInfo();
    const data = samples(decoder.getDecodedBuffer(), bitsPerSample, false);
    if (
      width !== columns ||
      height !== rows ||
      componentCount !== channels ||
      data.length !== rows * columns * channels
    ) {
      throw new Error("its JPEG-LS data are damaged");
    }
    // interleave mode 0: one plane after the other
    return {
      data: channels > 1 && decoder.getInterleaveMode() === 0 ? interleaved(data, channels) : data,
      bits: bitsPerSample,
      rgb: false
    };
  });
}

async function decodeJpeg2000(
  {bytes, rows, columns, channels}: CodedFrame,
  sources: CodecSources
): Promise<DecodedFrame> {
  const start = codestreamStart(bytes);
  const size = (at: number) => ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
  const width = size(start + 8) - size(start + 16);
  const height = size(start + 12) - size(start + 20);
  const components = (bytes[start + 40] << 8) | bytes[start + 41];
  if (width !== columns || height !== rows || components !== channels) {
    throw new Error(
      `its frame is ${width}×${height} with ${components} channels, and ${columns}×${rows} with ${channels} are claimed`
    );
  }
  const tiles = (size(start + 8) / Math.max(1, size(start + 24))) * (size(start + 12) / Math.max(1, size(start + 28)));
  if (!(tiles < 65536)) throw new Error("its JPEG 2000 data are damaged");
  // OpenJPEG decodes a stream that is cut short to a blurred picture without a word
  let end = bytes.length;
  // padding to an even length, by zero or FF
  while (end > 0 && (bytes[end - 1] === 0 || bytes[end - 1] === 0xff)) end--;
  if (!(bytes[end - 2] === 0xff && bytes[end - 1] === 0xd9)) throw new Error("its JPEG 2000 data are cut short");
  return withDecoder(sources, "@cornerstonejs/codec-openjpeg", "J2KDecoder", bytes, (decoder) => {
    decoder.decode();
    const info = decoder.getFrameInfo();
    const data = samples(decoder.getDecodedBuffer(), info.bitsPerSample, info.isSigned === true);
    if (
      info.width !== columns ||
      info.height !== rows ||
      info.componentCount !== channels ||
      data.length !== rows * columns * channels
    ) {
      throw new Error("its JPEG 2000 data are damaged");
    }
    return {data, bits: info.bitsPerSample, rgb: false};
  });
}

/** Where the codestream begins: at once, or inside a JP2 box. */
function codestreamStart(bytes: Uint8Array): number {
  const most = Math.min(bytes.length, 4096);
  for (let at = 0; at + 42 < most; at++) {
    if (bytes[at] === 0xff && bytes[at + 1] === 0x4f && bytes[at + 2] === 0xff && bytes[at + 3] === 0x51) return at;
    if (at === 0 && bytes[4] !== 0x6a) break;
  }
  throw new Error("its JPEG 2000 data are damaged");
}

function samples(bytes: Uint8Array, bits: number, signed: boolean): Uint8Array | Uint16Array | Int16Array {
  const copy = bytes.slice();
  if (bits <= 8) return signed ? Int16Array.from(new Int8Array(copy.buffer)) : copy;
  return signed ? new Int16Array(copy.buffer, 0, copy.length >> 1) : new Uint16Array(copy.buffer, 0, copy.length >> 1);
}

function interleaved<T extends Uint8Array | Uint16Array | Int16Array>(planes: T, channels: number): T {
  const result = planes.slice() as T;
  const n = planes.length / channels;
  for (let c = 0; c < channels; c++) for (let i = 0; i < n; i++) result[i * channels + c] = planes[c * n + i];
  return result;
}

/** The modules that are at work, by where they came from. */
const loaded = new WeakMap<CodecSources, Map<CodecPackage, Promise<CodecModule>>>();

async function withDecoder<T>(
  sources: CodecSources,
  name: CodecPackage,
  type: string,
  bytes: Uint8Array,
  use: (decoder: Decoder) => T
): Promise<T> {
  const modules = loaded.get(sources) ?? new Map<CodecPackage, Promise<CodecModule>>();
  loaded.set(sources, modules);
  let module = modules.get(name);
  if (module === undefined) {
    module = sources.module(name);
    modules.set(name, module);
  }
  try {
    const decoder = new (await module)[type]();
    try {
      decoder.getEncodedBuffer(bytes.length).set(bytes);
      return use(decoder);
    } finally {
      decoder.delete();
    }
  } catch (error) {
    // a trap or an abort leaves WebAssembly memory in an unknown state, so the next frame gets a fresh instance
    modules.delete(name);
    if (error instanceof Error && error.message.startsWith("its ")) throw error;
    throw new Error("its compressed data are damaged", {cause: error});
  }
}
