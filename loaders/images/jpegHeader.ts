import {InputError} from "../../models/errors.js";

/** What a JPEG says of itself before it is decoded (ITU-T T.81 annex B). */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  /** Bits a sample. */
  readonly precision: number;
  /**
   * The number in the start-of-frame marker: 0 baseline, 1 extended, 2 progressive, 3 lossless, 9 and up arithmetic.
   */
  readonly process: number;
  /** Offset of the start-of-frame segment (its marker). */
  readonly frameOffset: number;
}

/** Whether the bytes begin as a JPEG does. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/**
 * Walks the markers of a JPEG from start to end, without decoding.
 *
 * @param source names the file in errors
 * @throws InputError when there is no image, or the file ends before its end-of-image marker.
 */
export function readJpegHeader(bytes: Uint8Array, source: string): JpegHeader {
  const fail = (what: string): never => {
    throw new InputError(`${source} is not a readable JPEG: ${what}`);
  };
  if (!(bytes[0] === 0xff && bytes[1] === 0xd8)) fail("it doesn't begin with a JPEG marker");
  let header: JpegHeader | undefined;
  let scans = 0;
  let offset = 2;
  for (;;) {
    while (offset < bytes.length && bytes[offset] !== 0xff) offset++;
    while (offset < bytes.length && bytes[offset] === 0xff) offset++;
    if (offset >= bytes.length) fail("it is cut short");
    const marker = bytes[offset++];
    // stuffed bytes (below 80 in JPEG-LS) and restart markers belong to the entropy-coded data
    if (marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd8)) continue;
    if (marker === 0xd9) break;
    if (offset + 2 > bytes.length) fail("it is cut short");
    const length = (bytes[offset] << 8) | bytes[offset + 1];
    if (length < 2 || offset + length > bytes.length) fail("it is cut short");
    const startsFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    // JPEG-LS has its own start-of-frame marker, F7
    if (startsFrame || marker === 0xf7) {
      if (header !== undefined || length < 8) fail("its frame header is malformed");
      header = {
        precision: bytes[offset + 2],
        height: (bytes[offset + 3] << 8) | bytes[offset + 4],
        width: (bytes[offset + 5] << 8) | bytes[offset + 6],
        components: bytes[offset + 7],
        process: marker === 0xf7 ? 0xf7 : marker - 0xc0,
        frameOffset: offset - 2
      };
    }
    if (marker === 0xda) scans++;
    offset += length;
  }
  if (header === undefined || scans === 0) return fail("it holds no image");
  if (header.width < 1 || header.height < 1) fail(`its size is ${header.width}×${header.height}`);
  return header;
}
