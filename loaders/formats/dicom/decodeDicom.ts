import {scaled} from "../../images/numbers.js";
import {orientationOf} from "../orientation.js";
import type {DecodeContext, LookupTable, Volume, Window} from "../volume.js";
import {Attributes} from "./attributes.js";
import type {FrameCodec} from "./codec.js";
import {parseDataSet} from "./dataSet.js";
import {geometryOf} from "./geometry.js";
import {type StoredPixels, storedPixels} from "./pixels.js";
import {transferSyntax} from "./transferSyntax.js";

/** The pixels as they are stored, with the attributes they came with. @throws InputError as `decodeDicom`. */
export async function decodeDicomPixels(
  bytes: Uint8Array,
  context: DecodeContext,
  codec?: FrameCodec
): Promise<{pixels: StoredPixels; attributes: Attributes; syntax: string}> {
  const {dataSet, transferSyntaxUid} = parseDataSet(bytes, context);
  const attributes = new Attributes(dataSet, context.source);
  const {name, coding} = transferSyntax(transferSyntaxUid);
  const littleEndian = name !== "Explicit VR Big Endian";
  const pixels = await storedPixels(attributes, coding, name, context.source, littleEndian, codec);
  return {pixels, attributes, syntax: name};
}

/**
 * Decodes a DICOM image (PS3.3, PS3.5, PS3.10). Values are the modality's: after RescaleSlope and RescaleIntercept or
 * the Modality LUT, before the VOI window or table, which are handed on. Colour becomes grey by the channel mean of
 * RGB. Several frames are slices where their positions (or nothing at all) says so, else frames. Axes are columns,
 * rows, slices of the file.
 *
 * Only technical attributes are looked at; nothing that tells of a patient gets into the result.
 *
 * @param codec decodes compressed frames; without it those are refused
 * @throws InputError when the file is damaged, holds no pixels, or is of a kind that isn't read.
 */
export async function decodeDicom(bytes: Uint8Array, context: DecodeContext, codec?: FrameCodec): Promise<Volume> {
  const {pixels, attributes, syntax} = await decodeDicomPixels(bytes, context, codec);
  const {rows, columns, frames, channels, photometric, bitsStored} = pixels;
  const perFrame = rows * columns;
  const stored = channels === 1 ? pixels.values : greyOf(pixels);
  const table = channels === 1 ? tableOf(attributes, "x00283000", pixels.signed) : undefined;
  const data = table === undefined ? rescaled(stored, attributes, frames, perFrame) : looked(stored, table);
  const geometry = geometryOf(attributes, frames);
  const modality = attributes.code("x00080060");
  const lookup = channels === 1 ? tableOf(attributes, "x00283010", table === undefined && pixels.signed) : undefined;
  return {
    kind: "dicom",
    data,
    shape: [columns, rows, geometry.slices],
    frames: frames / geometry.slices,
    spacing: geometry.spacing,
    affine: geometry.affine,
    orientation: geometry.affine === null ? null : orientationOf(geometry.affine, context.source),
    sliceAxis: 2,
    windows: channels === 3 ? [{center: (2 ** bitsStored - 1) / 2, width: 2 ** bitsStored - 1}] : windowsOf(attributes),
    ...(lookup === undefined ? {} : {lookup}),
    inverted: photometric === "MONOCHROME1",
    meta: {
      transferSyntax: syntax,
      photometric,
      bitsStored,
      signed: pixels.signed,
      channels,
      lossy: attributes.code("x00282110") === "01",
      // a code of the standard (PS3.3 C.7.3.1.1.1) has two to sixteen capitals
      ...(modalities.has(modality) ? {modality} : {})
    }
  };
}

const modalities = new Set(
  "CR CT DX IO KO MG MR NM OT PT PX RF RG RTDOSE RTIMAGE SC SEG US XA XC ES GM SM OP OPT OCT IVUS IVOCT BI TG LS DG ST CD DD MA MS VF".split(
    " "
  )
);

/** Mean of R, G and B; YCbCr (full range, ITU-R BT.601) is converted first. */
function greyOf({values, ybr, bitsStored}: StoredPixels): Float32Array {
  const n = values.length / 3;
  const grey = new Float32Array(n);
  const max = 2 ** bitsStored - 1;
  const half = 2 ** (bitsStored - 1);
  const clamped = (value: number) => Math.min(max, Math.max(0, value));
  for (let i = 0, j = 0; i < n; i++, j += 3) {
    if (ybr) {
      const y = values[j];
      const cb = values[j + 1] - half;
      const cr = values[j + 2] - half;
      const r = clamped(y + 1.402 * cr);
      const g = clamped(y - 0.344136286 * cb - 0.714136286 * cr);
      const b = clamped(y + 1.772 * cb);
      grey[i] = (r + g + b) / 3;
    } else grey[i] = (values[j] + values[j + 1] + values[j + 2]) / 3;
  }
  return grey;
}

/** Applies slope and intercept: those of the image, or those of each frame (enhanced images). */
function rescaled(
  stored: StoredPixels["values"],
  attributes: Attributes,
  frames: number,
  perFrame: number
): Float32Array | Float64Array {
  const own = slopeOf(attributes);
  if (own !== undefined) return scaled(stored, own.slope, own.intercept);
  const shared = attributes.item("x52009229")?.item("x00289145");
  const common = shared && slopeOf(shared);
  const each = attributes.items("x52009230").map((item) => item.item("x00289145"));
  if (each.length !== frames || each.some((item) => item === undefined))
    return scaled(stored, common?.slope, common?.intercept);
  const result = scaled(stored).slice();
  each.forEach((item, frame) => {
    const {slope, intercept} = slopeOf(item!) ?? {slope: 1, intercept: 0};
    for (let i = frame * perFrame; i < (frame + 1) * perFrame; i++) result[i] = result[i] * slope + intercept;
  });
  return result;
}

function slopeOf(attributes: Attributes): {slope: number; intercept: number} | undefined {
  const [slope] = attributes.decimals("x00281053", "RescaleSlope");
  const [intercept] = attributes.decimals("x00281052", "RescaleIntercept");
  if (slope === undefined && intercept === undefined) return undefined;
  if (slope === 0) attributes.fail("RescaleSlope is 0");
  return {slope: slope ?? 1, intercept: intercept ?? 0};
}

function windowsOf(attributes: Attributes): Window[] {
  const inFrame = attributes.item("x52009229")?.item("x00289132") ?? attributes.item("x52009230")?.item("x00289132");
  const holder = attributes.has("x00281050") ? attributes : (inFrame ?? attributes);
  const centers = holder.decimals("x00281050", "WindowCenter");
  const widths = holder.decimals("x00281051", "WindowWidth");
  const name = holder.code("x00281056");
  const shape = name === "SIGMOID" ? "sigmoid" : name === "LINEAR_EXACT" ? "linear_exact" : "linear";
  return centers
    .slice(0, widths.length)
    .flatMap((center, i) => (widths[i] > 0 ? [{center, width: widths[i], function: shape as Window["function"]}] : []));
}

/** The first table of a LUT sequence (PS3.3 C.11.1.1). */
function tableOf(attributes: Attributes, sequence: string, signed: boolean): LookupTable | undefined {
  const item = attributes.item(sequence);
  if (item === undefined) return undefined;
  const descriptor = item.bytes("x00283002");
  const data = item.bytes("x00283006");
  if (descriptor === undefined || descriptor.length < 6 || data === undefined)
    return attributes.fail("its lookup table is incomplete");
  const little = item.dataSet.byteArrayParser.readUint16(Uint8Array.of(1, 0), 0) === 1;
  const view = new DataView(descriptor.buffer, descriptor.byteOffset, descriptor.byteLength);
  const length = view.getUint16(0, little) || 65536;
  const first = signed ? view.getInt16(2, little) : view.getUint16(2, little);
  const bits = view.getUint16(4, little);
  if (bits < 1 || bits > 16 || data.length < length) attributes.fail("its lookup table is malformed");
  const wide = data.length >= 2 * length;
  const entries = new Uint16Array(length);
  const values = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let i = 0; i < length; i++) entries[i] = wide ? values.getUint16(2 * i, little) : data[i];
  return {first, bits, entries};
}

function looked(stored: StoredPixels["values"], {first, entries}: LookupTable): Float32Array {
  const last = entries.length - 1;
  return Float32Array.from(stored, (value) => entries[Math.min(last, Math.max(0, value - first))]);
}
