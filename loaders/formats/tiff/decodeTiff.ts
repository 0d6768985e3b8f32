import {fromArrayBuffer, type GeoTIFFImage} from "geotiff";
import {InputError} from "../../../models/errors.js";
import type {Numbers} from "../../images/numbers.js";
import type {DecodeContext, Volume} from "../volume.js";
import {useBoundedDecoders} from "./decoders.js";
import {isTiff, type Page, readPages} from "./pages.js";

const refusedCompressions: Readonly<Record<number, string>> = {
  2: "CCITT RLE",
  3: "CCITT G3",
  4: "CCITT G4",
  6: "old-style JPEG",
  7: "JPEG",
  34712: "JPEG 2000",
  34887: "LERC",
  34925: "LZMA",
  50000: "Zstandard",
  50001: "WebP",
  50002: "JPEG XL"
};
const readCompressions = new Set([1, 5, 8, 32946, 32773]);
const photometrics: Readonly<Record<number, string>> = {
  5: "CMYK",
  6: "YCbCr",
  8: "CIE L*a*b*",
  9: "ICC L*a*b*",
  32803: "colour filter array",
  34892: "linear raw"
};
/**
 * Decodes TIFF 6.0 and BigTIFF: strips and tiles; uncompressed, LZW, Deflate, PackBits; predictors; 1 to 32 bit
 * integers, 16 to 64 bit floats; grey, palette and RGB (grey by the channel mean; palette entries are 16 bit). Pages
 * of equal size become slices; reduced copies are passed over. `windows` holds the whole range of unsigned samples.
 *
 * @throws InputError when the file is damaged, cut short, or of a kind that isn't read.
 */
export async function decodeTiff(bytes: Uint8Array, context: DecodeContext): Promise<Volume> {
  const {source} = context;
  const {pages, samples, dtype} = await decodeTiffSamples(bytes, context);
  const [first] = pages;
  const pixels = first.width * first.height;
  const wide =
    samples[0] instanceof Float64Array || samples[0] instanceof Int32Array || samples[0] instanceof Uint32Array;
  const data = wide ? new Float64Array(pixels * pages.length) : new Float32Array(pixels * pages.length);
  pages.forEach((page, index) => {
    const values = samples[index];
    const target = data.subarray(index * pixels, (index + 1) * pixels);
    if (page.photometric === 3) {
      const map = page.colourMap;
      if (map === undefined || map.length % 3 !== 0)
        throw new InputError(`${source} is not a readable TIFF: its colour map is missing`);
      const n = map.length / 3;
      for (let i = 0; i < pixels; i++) {
        const entry = values[i];
        if (entry >= n)
          throw new InputError(
            `${source} is not a readable TIFF: a pixel has palette index ${entry}, and the palette has ${n} entries`
          );
        target[i] = (map[entry] + map[entry + n] + map[entry + 2 * n]) / 3;
      }
    } else if (page.photometric === 2) {
      const step = page.samplesPerPixel;
      for (let i = 0, j = 0; i < pixels; i++, j += step) target[i] = (values[j] + values[j + 1] + values[j + 2]) / 3;
    } else {
      const step = page.samplesPerPixel;
      for (let i = 0, j = 0; i < pixels; i++, j += step) target[i] = values[j];
    }
  });
  const bits = first.photometric === 3 ? 16 : first.bits;
  const unsigned = first.photometric === 3 || dtype.startsWith("uint");
  const white = 2 ** bits - 1;
  return {
    kind: "tiff",
    data,
    shape: [first.width, first.height, pages.length],
    frames: 1,
    spacing: [1, 1, 1],
    affine: null,
    orientation: null,
    sliceAxis: 2,
    windows: unsigned ? [{center: white / 2, width: white}] : [],
    inverted: first.photometric === 0,
    meta: {
      dtype,
      bits: first.bits,
      channels: first.samplesPerPixel,
      compression: first.compression,
      pages: pages.length
    }
  };
}

/** The samples of each page as they are stored, channels interleaved. @throws InputError as `decodeTiff`. */
export async function decodeTiffSamples(
  bytes: Uint8Array,
  context: DecodeContext
): Promise<{pages: Page[]; samples: Numbers[]; dtype: string}> {
  const {source} = context;
  const fail = (what: string): never => {
    throw new InputError(`${source} is not a readable TIFF: ${what}`);
  };
  if (!isTiff(bytes)) fail("it doesn't begin as one");
  let found: Page[];
  try {
    found = readPages(bytes);
  } catch (error) {
    return fail((error as Error).message);
  }
  const kept = found.map((_, index) => index).filter((index) => index === 0 || !found[index].reduced);
  const pages = kept.map((index) => found[index]);
  const [first] = pages;
  let needed = 0;
  for (const page of pages) {
    if (!readCompressions.has(page.compression)) {
      const name = refusedCompressions[page.compression] ?? `number ${page.compression}`;
      throw new InputError(`${source} is a TIFF with ${name} compression, which isn't one that is read`);
    }
    if (page.photometric > 4) {
      const name = photometrics[page.photometric] ?? `number ${page.photometric}`;
      throw new InputError(
        `${source} is a TIFF with the photometric interpretation ${name}, which isn't one that is read`
      );
    }
    if (page.width !== first.width || page.height !== first.height || page.samplesPerPixel !== first.samplesPerPixel) {
      throw new InputError(
        `${source} is a TIFF whose pages differ in size; one image a file, or slices of one size, are read`
      );
    }
    if (page.photometric === 2 && page.samplesPerPixel < 3)
      fail("its pixels are RGB, but have fewer than three samples");
    if (page.bits > 64 || page.samplesPerPixel > 64)
      fail(`it claims ${page.samplesPerPixel} samples of ${page.bits} bits`);
    needed += Math.ceil((page.width * page.samplesPerPixel * page.bits) / 8) * page.height;
  }
  // LZW reaches 1365:1 at most, so a header that claims more lies, and nothing is allocated for it
  if (!(needed <= bytes.length * (first.compression === 1 ? 1 : 1365))) {
    fail(`it claims ${first.width}×${first.height} pixels, more than its ${bytes.length} bytes can hold`);
  }
  await useBoundedDecoders(context.inflater);
  try {
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    const tiff = await fromArrayBuffer(buffer);
    const samples: Numbers[] = [];
    for (const index of kept) samples.push(await rasterOf(await tiff.getImage(index), found[index]));
    return {pages, samples, dtype: typeName(samples[0])};
  } catch (error) {
    if (error instanceof InputError) throw error;
    const known = (error as Error).message.startsWith("its ");
    throw new InputError(
      `${source} is not a readable TIFF: ${known ? (error as Error).message : "its image data are damaged or cut short"}`,
      {
        cause: error
      }
    );
  }
}

async function rasterOf(image: GeoTIFFImage, page: Page): Promise<Numbers> {
  if (image.getWidth() !== page.width || image.getHeight() !== page.height) throw new Error("its pages are damaged");
  const raster = (await image.readRasters({interleave: true})) as unknown as Numbers;
  if (raster.length !== page.width * page.height * page.samplesPerPixel)
    throw new Error("its image data are cut short");
  return raster;
}

function typeName(samples: Numbers): string {
  return samples.constructor.name.replace("Array", "").toLowerCase();
}
