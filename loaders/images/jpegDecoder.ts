import {InputError} from "../../models/errors.js";
import {readJpegHeader} from "./jpegHeader.js";

/** Decoded samples, 8 bit, row-major, channels interleaved (1 grey, 3 RGB). */
export interface JpegPixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

interface Decoder {
  getEncodedBuffer(length: number): Uint8Array;
  getDecodedBuffer(): Uint8Array;
  decode(): void;
  getFrameInfo(): {width: number; height: number; bitsPerSample: number; componentCount: number};
  delete(): void;
}

/** libjpeg-turbo compiled to WebAssembly, ready to run. */
export interface JpegCodec {
  JPEGDecoder: new () => Decoder;
}

/**
 * Makes a decoder of JPEG from libjpeg-turbo, which `load` provides: from `node_modules` in a loader, over the network in a
 * page. Values equal those of Pillow and OpenCV bit for bit (accurate integer DCT, smooth chroma upsampling).
 *
 * The decoder names the file as `source` in errors. @throws InputError when the file is damaged, cut short, or of a kind that
 * libjpeg-turbo doesn't decode here.
 */
export function jpegDecoder(
  load: () => Promise<JpegCodec>
): (bytes: Uint8Array, source: string) => Promise<JpegPixels> {
  let codec: Promise<JpegCodec> | undefined;
  let uses = 0;

  return async (bytes, source) => {
    const {width, height, components, precision, process} = readJpegHeader(bytes, source);
    if (precision !== 8 || process > 2) {
      const kind = process > 2 ? `coding process ${process}` : `${precision}-bit samples`;
      throw new InputError(`${source} is a JPEG with ${kind}; 8-bit baseline and progressive ones are read`);
    }
    if (components !== 1 && components !== 3) {
      throw new InputError(`${source} is a JPEG of ${components} components; grey and colour (RGB) ones are read`);
    }
    // a block of 8×8 takes two bits at least, or one in each progressive scan: a header that claims more lies
    if (width * height > bytes.length * 512) {
      throw new InputError(
        `${source} is not a readable JPEG: its header claims ${width}×${height} pixels, more than its ${bytes.length} bytes can hold`
      );
    }
    const {JPEGDecoder} = await current();
    try {
      const decoder = new JPEGDecoder();
      try {
        decoder.getEncodedBuffer(bytes.length).set(bytes);
        decoder.decode();
        const info = decoder.getFrameInfo();
        const decoded = decoder.getDecodedBuffer();
        if (info.width !== width || info.height !== height || decoded.length !== width * height * components) {
          throw new Error(`the decoder gave ${info.width}×${info.height}`);
        }
        return {width, height, channels: components, data: decoded.slice()};
      } finally {
        decoder.delete();
      }
    } catch (error) {
      // a trap or an abort leaves WebAssembly memory in an unknown state
      codec = undefined;
      throw new InputError(`${source} is not a readable JPEG: its data are damaged`, {cause: error});
    }
  };

  function current(): Promise<JpegCodec> {
    // WebAssembly memory only grows: a fresh instance now and then gives back what one huge image took
    if (++uses % 4096 === 0) codec = undefined;
    codec ??= load();
    return codec;
  }
}
