import {InputError} from "../../../models/errors.js";
import {type Numbers, type NumberType, readNumbers} from "../../images/numbers.js";
import type {Attributes} from "./attributes.js";
import type {FrameCodec} from "./codec.js";
import {codedFrames} from "./frames.js";
import {decodeRle} from "./rle.js";
import type {PixelCoding} from "./transferSyntax.js";

/** The stored pixels of all frames, before any rescaling. */
export interface StoredPixels {
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  /** 1, or 3 interleaved. */
  readonly channels: number;
  readonly photometric: string;
  /** Frame after frame, row-major, channels interleaved. */
  readonly values: Numbers;
  /** Channels are YCbCr (full range) and not RGB. */
  readonly ybr: boolean;
  readonly bitsStored: number;
  readonly signed: boolean;
}

const photometrics = new Set(["MONOCHROME1", "MONOCHROME2", "RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"]);
const pixelData = "x7fe00010";
const floatPixelData = "x7fe00008";
const doublePixelData = "x7fe00009";

/**
 * Decodes the pixels of a DICOM image (PS3.3 C.7.6.3, PS3.5 section 8): 1 to 32 bits, signed and unsigned, float, one
 * or three channels, native, RLE or through `codec`.
 *
 * @param name the transfer syntax, for errors
 * @throws InputError when attributes are missing or contradict the data.
 */
export async function storedPixels(
  attributes: Attributes,
  coding: PixelCoding | null,
  name: string,
  source: string,
  littleEndian: boolean,
  codec: FrameCodec | undefined
): Promise<StoredPixels> {
  const {elements} = attributes.dataSet;
  const element = elements[pixelData] ?? elements[floatPixelData] ?? elements[doublePixelData];
  if (element === undefined) throw new InputError(`${source} is a DICOM file without pixels`);
  if (coding === null) {
    throw new InputError(`${source} has the transfer syntax ${name}, which isn't one that is read`);
  }
  const rows = attributes.requiredUint16("x00280010", "Rows");
  const columns = attributes.requiredUint16("x00280011", "Columns");
  const channels = attributes.requiredUint16("x00280002", "SamplesPerPixel");
  const photometric = attributes.code("x00280004");
  const allocated = attributes.requiredUint16("x00280100", "BitsAllocated");
  const frames = attributes.integer("x00280008", "NumberOfFrames") ?? 1;
  if (rows < 1 || columns < 1) attributes.fail(`its size is ${columns}×${rows}`);
  if (frames < 1) attributes.fail(`NumberOfFrames is ${frames}`);
  if (photometric !== "" && !photometrics.has(photometric)) {
    throw new InputError(
      `${source} has the photometric interpretation ${known(photometric)}, which isn't one that is read`
    );
  }
  if ((channels !== 1 && channels !== 3) || (channels === 3) !== /^(RGB|YBR)/.test(photometric)) {
    attributes.fail(
      `${channels} samples a pixel don't fit ${photometric === "" ? "a missing photometric interpretation" : photometric}`
    );
  }
  const count = rows * columns * channels * frames;
  const shape = {rows, columns, frames, channels, photometric};

  if (element !== elements[pixelData]) {
    const type: NumberType = element === elements[floatPixelData] ? "float32" : "float64";
    const values = native(attributes, element.dataOffset, element.length, count, type, littleEndian);
    return {...shape, values, ybr: false, bitsStored: type === "float32" ? 32 : 64, signed: true};
  }

  const bitsStored = attributes.requiredUint16("x00280101", "BitsStored");
  const representation = attributes.requiredUint16("x00280103", "PixelRepresentation");
  if (representation > 1) attributes.fail(`PixelRepresentation is ${representation}`);
  if (bitsStored < 1 || bitsStored > allocated)
    attributes.fail(`BitsStored is ${bitsStored}, and BitsAllocated ${allocated}`);
  const signed = representation === 1;
  const rest = {...shape, bitsStored, signed};
  if (element.encapsulatedPixelData !== true) {
    if (coding !== "native") attributes.fail(`its pixels aren't encapsulated, as ${name} asks`);
    if (allocated === 1) {
      return {...rest, values: singleBits(attributes, element.dataOffset, element.length, count), ybr: false};
    }
    const type =
      typeOf(allocated, signed) ?? attributes.fail(`BitsAllocated is ${allocated}; 1, 8, 16 and 32 are read`);
    const at = element.dataOffset;
    if (photometric === "YBR_FULL_422") {
      if (allocated !== 8 || columns % 2 !== 0)
        attributes.fail("YBR_FULL_422 needs 8 bits and an even number of columns");
      const packed = native(attributes, at, element.length, (count / 3) * 2, type, littleEndian);
      return {...rest, values: unpack422(packed, count), ybr: true};
    }
    const values = native(attributes, at, element.length, count, type, littleEndian);
    const planar = channels === 3 && attributes.uint16("x00280006") === 1;
    return {
      ...rest,
      values: planar ? interleaved(values, rows * columns, frames) : values,
      ybr: /^YBR/.test(photometric)
    };
  }

  if (coding === "native") attributes.fail(`its pixels are encapsulated, though ${name} is uncompressed`);
  if (attributes.dataSet.warnings.some((warning) => /missing sequence delimiter/.test(warning))) {
    attributes.fail("its pixel data are cut short");
  }
  if (frames > (element.fragments?.length ?? 0)) {
    attributes.fail(`it claims ${frames} frames, and its pixel data hold ${element.fragments?.length ?? 0} fragments`);
  }
  // no codec packs more densely than this; a header that claims more lies
  if (rows * columns > 2 ** 28 || count > 2 ** 31 || count > element.length * 16384) {
    attributes.fail(
      `it claims ${frames} frames of ${columns}×${rows} pixels, more than its ${element.length} bytes can hold`
    );
  }
  const type = typeOf(allocated, signed) ?? attributes.fail(`BitsAllocated is ${allocated}; 8, 16 and 32 are read`);
  let rgb = false;
  let values: Numbers | undefined;
  const perFrame = rows * columns * channels;
  const coded = codedFrames(attributes, element, frames, coding);
  for (const [index, bytes] of coded.entries()) {
    try {
      let decoded: Numbers;
      if (coding === "rle") {
        if (perFrame * (allocated / 8) > bytes.length * 128) throw new Error("its RLE data are cut short");
        const raw = decodeRle(bytes, rows * columns, channels, allocated / 8);
        decoded = readNumbers(raw, 0, perFrame, type, true);
      } else {
        if (codec === undefined) throw new Error(`${name} isn't decoded here`);
        const frame = await codec(coding, {bytes, rows, columns, channels});
        rgb = frame.rgb;
        // a JPEG 2000 stream says whether it is signed; one that says no, though the pixels are, has its own sign bit
        const bits = coding === "jpeg-2000" ? Math.min(bitsStored, frame.bits) : allocated;
        decoded = signed && !(frame.data instanceof Int16Array) ? withSign(frame.data, bits) : frame.data;
      }
      values ??= emptyLike(decoded, count);
      values.set(decoded, index * perFrame);
    } catch (error) {
      const which = frames > 1 ? ` (frame ${index})` : "";
      throw new InputError(`${source} is not a readable DICOM image: ${sentence(error)}${which}`, {cause: error});
    }
  }
  return {...rest, values: values!, ybr: /^YBR_FULL/.test(photometric) && !rgb};
}

function sentence(error: unknown): string {
  const text = error instanceof Error ? error.message : "";
  const known = /^(it|its|an|12-bit) /.test(text);
  if (text.startsWith("it is not a readable JPEG: ")) return `${text.slice(27).replace(/^it is/, "its frame is")}`;
  if (text.startsWith("its frame is not a readable JPEG: ")) return text.slice(34).replace(/^it is/, "its frame is");
  return known || /isn't decoded here$/.test(text) ? text : "its compressed data are damaged";
}

function native(
  attributes: Attributes,
  offset: number,
  length: number,
  count: number,
  type: NumberType,
  littleEndian: boolean
): Numbers {
  const bytes = attributes.dataSet.byteArray;
  const have = Math.min(length, bytes.length - offset);
  const size = Number(type.replace(/\D/g, "")) / 8;
  if (!(count * size <= have))
    attributes.fail(`its pixels need ${count * size} bytes, and it holds ${Math.max(0, have)}`);
  return readNumbers(
    new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    offset,
    count,
    type,
    littleEndian
  );
}

function singleBits(attributes: Attributes, offset: number, length: number, count: number): Uint8Array {
  const bytes = attributes.dataSet.byteArray;
  const have = Math.min(length, bytes.length - offset);
  if (!(count <= have * 8))
    attributes.fail(`its pixels need ${Math.ceil(count / 8)} bytes, and it holds ${Math.max(0, have)}`);
  const result = new Uint8Array(count);
  for (let i = 0; i < count; i++) result[i] = (bytes[offset + (i >> 3)] >> (i & 7)) & 1;
  return result;
}

/** Y₀ Y₁ Cb Cr for two pixels → three samples each. */
function unpack422(packed: Numbers, count: number): Uint8Array {
  const result = new Uint8Array(count);
  for (let from = 0, to = 0; to < count; from += 4, to += 6) {
    for (let i = 0; i < 2; i++) {
      result[to + 3 * i] = packed[from + i];
      result[to + 3 * i + 1] = packed[from + 2];
      result[to + 3 * i + 2] = packed[from + 3];
    }
  }
  return result;
}

function interleaved(planes: Numbers, pixels: number, frames: number): Numbers {
  const result = planes.slice();
  for (let frame = 0; frame < frames; frame++) {
    const base = frame * pixels * 3;
    for (let c = 0; c < 3; c++)
      for (let i = 0; i < pixels; i++) result[base + 3 * i + c] = planes[base + c * pixels + i];
  }
  return result;
}

/** The stream of a codec without a sign, read as two's complement of `bits`. */
function withSign(values: Uint8Array | Uint16Array, bits: number): Int16Array {
  const shift = 32 - bits;
  const result = new Int16Array(values.length);
  for (let i = 0; i < values.length; i++) result[i] = (values[i] << shift) >> shift;
  return result;
}

function emptyLike(values: Numbers, count: number): Numbers {
  return new (values.constructor as new (length: number) => Numbers)(count);
}

function typeOf(allocated: number, signed: boolean): NumberType | undefined {
  if (allocated === 8) return signed ? "int8" : "uint8";
  if (allocated === 16) return signed ? "int16" : "uint16";
  if (allocated === 32) return signed ? "int32" : "uint32";
  return undefined;
}

/** Codes of the standard are named; anything else could be anyone's text. */
function known(photometric: string): string {
  return /^(PALETTE COLOR|HSV|ARGB|CMYK|YBR_PARTIAL_4(20|22)|XYB)$/.test(photometric) ? photometric : "(unknown)";
}
