import {InputError} from "../../models/errors.js";
import {type NumberType, readNumbers, scaled, sizeOf} from "../images/numbers.js";
import {isGzip, unpack} from "./gzip.js";
import {affineOf, axisDirections, orientationOf, spacingOf} from "./orientation.js";
import type {Affine, DecodeContext, Volume} from "./volume.js";

/** How one voxel is stored: `parts` numbers that become one. */
interface Datatype {
  readonly name: string;
  readonly type: NumberType;
  readonly parts: number;
}

const datatypes: Readonly<Record<number, Datatype>> = {
  2: {name: "uint8", type: "uint8", parts: 1},
  4: {name: "int16", type: "int16", parts: 1},
  8: {name: "int32", type: "int32", parts: 1},
  16: {name: "float32", type: "float32", parts: 1},
  32: {name: "complex64", type: "float32", parts: 2},
  64: {name: "float64", type: "float64", parts: 1},
  128: {name: "rgb24", type: "uint8", parts: 3},
  256: {name: "int8", type: "int8", parts: 1},
  512: {name: "uint16", type: "uint16", parts: 1},
  768: {name: "uint32", type: "uint32", parts: 1},
  1024: {name: "int64", type: "int64", parts: 1},
  1280: {name: "uint64", type: "uint64", parts: 1},
  1792: {name: "complex128", type: "float64", parts: 2},
  2304: {name: "rgba32", type: "uint8", parts: 4}
};
const refused: Readonly<Record<number, string>> = {0: "unknown", 1: "binary", 1536: "float128", 2048: "complex256"};

/** The header's facts that are used. */
export interface NiftiHeader {
  readonly version: 1 | 2;
  readonly littleEndian: boolean;
  /** The voxels are in a file of their own (`.img`). */
  readonly pair: boolean;
  readonly dim: readonly number[];
  readonly datatype: number;
  readonly voxelOffset: number;
  readonly slope: number;
  readonly inter: number;
  readonly affine: Affine;
  readonly affineSource: "sform" | "qform" | "assumed";
}

/** Whether the bytes (of the header, unpacked) are a NIfTI-1 or NIfTI-2 header. */
export function isNifti(bytes: Uint8Array): boolean {
  const magic = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 3));
  return ["n+1", "ni1"].includes(magic(344)) || ["n+2", "ni2"].includes(magic(4));
}

/**
 * Decodes NIfTI-1 or NIfTI-2 (https://nifti.nimh.nih.gov), gzipped or not. Voxels are in the file's order; their
 * values are slope·stored + inter (a slope of 0 or NaN means none). The affine is the sform's, else the qform's, else
 * nibabel's assumption (voxel sizes, left-handed, centred), and `meta.affineSource` says which. Dimensions beyond the
 * third are frames. Complex voxels become their magnitude, coloured ones their channel mean.
 *
 * @param image the content of the `.img` file, where `bytes` is the header of a pair
 * @throws InputError when the file is damaged, cut short, or of a kind that isn't read.
 */
export function decodeNifti(bytes: Uint8Array, context: DecodeContext, image?: Uint8Array): Volume {
  const {source, inflater} = context;
  const head = isGzip(bytes) ? inflater.gunzipHead(bytes) : bytes;
  const header = readNiftiHeader(head, source);
  const {dim, datatype, littleEndian} = header;
  const {name, type, parts} = datatypes[datatype];
  const shape: [number, number, number] = [dim[1], dim[2] ?? 1, dim[3] ?? 1];
  const frames = dim.slice(4).reduce((product, n) => product * n, 1);
  const count = shape[0] * shape[1] * shape[2] * frames;
  const needed = count * parts * sizeOf[type];

  let voxels = bytes;
  const offset = header.voxelOffset;
  if (header.pair) {
    if (image === undefined) throw new InputError(`${source} is the header of a pair, and its .img file is missing`);
    voxels = image;
  }
  if (isGzip(voxels)) voxels = unpack(voxels, "gzip", offset + needed, context);
  if (!(offset + needed <= voxels.length)) {
    throw new InputError(
      `${source} is cut short: ${dim.slice(1).join("×")} voxels of ${name} need ${needed} bytes, and it holds ${Math.max(0, voxels.length - offset)}`
    );
  }
  const stored = readNumbers(voxels, offset, count * parts, type, littleEndian);
  return {
    kind: "nifti",
    data: scaled(parts === 1 ? stored : combine(stored, parts), header.slope, header.inter),
    shape,
    frames,
    spacing: spacingOf(header.affine),
    affine: header.affine,
    orientation: orientationOf(header.affine, source),
    sliceAxis: 2,
    windows: [],
    inverted: false,
    meta: {
      version: header.version,
      dtype: name,
      littleEndian,
      slope: header.slope,
      inter: header.inter,
      affineSource: header.affineSource
    }
  };
}

/** Reads and checks a NIfTI header. @throws InputError when a field makes no sense; the sentence names it. */
export function readNiftiHeader(bytes: Uint8Array, source: string): NiftiHeader {
  const fail = (what: string): never => {
    throw new InputError(`${source} is not a readable NIfTI file: ${what}`);
  };
  if (!isNifti(bytes)) return fail(bytes.length < 348 ? "its header is cut short" : "its header has no NIfTI magic");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sizes = [view.getInt32(0, true), view.getInt32(0, false)];
  const littleEndian = sizes[0] === 348 || sizes[0] === 540;
  const size = littleEndian ? sizes[0] : sizes[1];
  if (size !== 348 && size !== 540) fail(`its header size is ${sizes[0]}, and 348 or 540 is right`);
  if (bytes.length < size) fail("its header is cut short");
  const version = size === 348 ? 1 : 2;
  const pair = String.fromCharCode(bytes[version === 1 ? 345 : 5]) === "i";
  const i16 = (at: number) => view.getInt16(at, littleEndian);
  const i64 = (at: number) => Number(view.getBigInt64(at, littleEndian));
  const real = (at1: number, at2: number, index = 0) =>
    version === 1 ? view.getFloat32(at1 + 4 * index, littleEndian) : view.getFloat64(at2 + 8 * index, littleEndian);

  const dims = Array.from({length: 8}, (_, i) => (version === 1 ? i16(40 + 2 * i) : i64(16 + 8 * i)));
  if (!(dims[0] >= 1 && dims[0] <= 7)) fail(`it claims ${dims[0]} dimensions, and 1 to 7 are right`);
  const dim = dims.slice(0, dims[0] + 1);
  const wrong = dim.findIndex((n) => n < 1);
  if (wrong > 0) fail(`dimension ${wrong} is ${dim[wrong]}`);
  const datatype = version === 1 ? i16(70) : i16(12);
  if (datatypes[datatype] === undefined) {
    fail(`its data type ${datatype}${refused[datatype] ? ` (${refused[datatype]})` : ""} isn't one that is read`);
  }
  const bits = version === 1 ? i16(72) : i16(14);
  const {name, type, parts} = datatypes[datatype];
  // some writers leave it at 0; another number means that one of the two fields is damaged
  if (bits !== 0 && bits !== 8 * parts * sizeOf[type])
    fail(`its data type is ${name}, but it claims ${bits} bits a voxel`);
  const voxelOffset = version === 1 ? view.getFloat32(108, littleEndian) : i64(168);
  const leastOffset = pair ? 0 : size;
  if (!Number.isInteger(voxelOffset) || voxelOffset < 0 || voxelOffset > 2 ** 40)
    fail(`its voxel offset is ${voxelOffset}`);

  let slope = real(112, 176);
  let inter = real(116, 184);
  if (!Number.isFinite(slope) || slope === 0) {
    slope = 1;
    inter = 0;
  } else if (!Number.isFinite(inter)) fail(`its intercept (scl_inter) is ${inter}`);

  const pixdim = Array.from({length: 8}, (_, i) => real(76, 104, i));
  const sizesInMm = [1, 2, 3].map((i) => {
    const mm = Math.abs(pixdim[i]);
    return mm > 0 && Number.isFinite(mm) ? mm : 1;
  });
  const qformCode = version === 1 ? i16(252) : view.getInt32(344, littleEndian);
  const sformCode = version === 1 ? i16(254) : view.getInt32(348, littleEndian);
  let affine: Affine;
  let affineSource: NiftiHeader["affineSource"];
  if (sformCode > 0) {
    affineSource = "sform";
    const row = (i: number) => Array.from({length: 4}, (_, j) => real(280, 400, 4 * i + j));
    affine = [row(0), row(1), row(2), [0, 0, 0, 1]];
  } else if (qformCode > 0) {
    affineSource = "qform";
    affine = quaternionAffine(
      [0, 1, 2].map((i) => real(256, 352, i)),
      [0, 1, 2].map((i) => real(268, 376, i)),
      sizesInMm,
      pixdim[0] < 0 ? -1 : 1
    );
  } else {
    affineSource = "assumed";
    const [dx, dy, dz] = sizesInMm;
    const [nx, ny, nz] = [1, 2, 3].map((i) => dim[i] ?? 1);
    affine = affineOf(
      [-dx, 0, 0],
      [0, dy, 0],
      [0, 0, dz],
      [((nx - 1) / 2) * dx, (-(ny - 1) / 2) * dy, (-(nz - 1) / 2) * dz]
    );
  }
  if (!affine.every((row) => row.every(Number.isFinite))) fail(`its ${affineSource} isn't finite`);
  axisDirections(affine, source);
  return {
    version,
    littleEndian,
    pair,
    dim,
    datatype,
    // zero stands for "right after the header" in files of some writers, as nibabel takes it
    voxelOffset: voxelOffset < leastOffset ? (version === 1 ? 352 : 544) : voxelOffset,
    slope,
    inter,
    affine,
    affineSource
  };
}

/** Method 2 of the NIfTI-1 standard: a rotation as the quaternion (a, b, c, d) with a ≥ 0. */
function quaternionAffine([b, c, d]: number[], origin: number[], [dx, dy, dz]: number[], qfac: number): Affine {
  const square = b * b + c * c + d * d;
  // rounding to float32 may leave a length just over one
  const scale = square > 1 ? 1 / Math.sqrt(square) : 1;
  const a = Math.sqrt(Math.max(0, 1 - square));
  [b, c, d] = [b * scale, c * scale, d * scale];
  return affineOf(
    [a * a + b * b - c * c - d * d, 2 * (b * c + a * d), 2 * (b * d - a * c)].map((v) => v * dx),
    [2 * (b * c - a * d), a * a + c * c - b * b - d * d, 2 * (c * d + a * b)].map((v) => v * dy),
    [2 * (b * d + a * c), 2 * (c * d - a * b), a * a + d * d - b * b - c * c].map((v) => v * dz * qfac),
    origin
  );
}

/** The magnitude of complex voxels, or the mean of the first three channels. */
function combine(values: ArrayLike<number>, parts: number): Float32Array | Float64Array {
  const n = values.length / parts;
  const result = values instanceof Float64Array ? new Float64Array(n) : new Float32Array(n);
  for (let i = 0, j = 0; i < n; i++, j += parts) {
    result[i] = parts === 2 ? Math.hypot(values[j], values[j + 1]) : (values[j] + values[j + 1] + values[j + 2]) / 3;
  }
  return result;
}
