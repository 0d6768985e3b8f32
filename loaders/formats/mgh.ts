import {InputError} from "../../models/errors.js";
import {type NumberType, readNumbers, scaled, sizeOf} from "../images/numbers.js";
import {isGzip, unpack} from "./gzip.js";
import {affineOf, orientationOf, spacingOf} from "./orientation.js";
import type {DecodeContext, Volume} from "./volume.js";

const types: Readonly<Record<number, NumberType>> = {0: "uint8", 1: "int32", 3: "float32", 4: "int16", 10: "uint16"};
const headerBytes = 284;

/** Whether the bytes (unpacked) may be FreeSurfer's MGH: version 1, and a type and sizes that make sense. */
export function isMgh(bytes: Uint8Array): boolean {
  if (bytes.length < headerBytes) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getInt32(0) === 1 && [1, 2, 3, 4].every((i) => view.getInt32(4 * i) >= 1) && view.getInt32(20) in types;
}

/**
 * Decodes FreeSurfer's MGH and MGZ (https://surfer.nmr.mgh.harvard.edu/fswiki/FsTutorial/MghFormat). Voxels are in the
 * file's order.
 *
 * @throws InputError when the file is damaged or cut short.
 */
export function decodeMgh(bytes: Uint8Array, context: DecodeContext): Volume {
  const {source, inflater} = context;
  const head = isGzip(bytes) ? inflater.gunzipHead(bytes) : bytes;
  if (!isMgh(head)) throw new InputError(`${source} is not a readable MGH file: its header is malformed`);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const [nx, ny, nz, frames] = [4, 8, 12, 16].map((at) => view.getInt32(at));
  const type = types[view.getInt32(20)];
  const count = nx * ny * nz * frames;
  const needed = headerBytes + count * sizeOf[type];
  const content = isGzip(bytes) ? unpack(bytes, "gzip", needed, context) : bytes;
  if (!(needed <= content.length)) {
    throw new InputError(
      `${source} is cut short: ${nx}×${ny}×${nz}×${frames} voxels of ${type} need ${needed} bytes, and it holds ${content.length}`
    );
  }
  const float = (i: number) => view.getFloat32(30 + 4 * i);
  const known = view.getInt16(28) === 1;
  const delta = known ? [0, 1, 2].map(float) : [1, 1, 1];
  const cosines = known ? Array.from({length: 9}, (_, i) => float(3 + i)) : [-1, 0, 0, 0, 0, -1, 0, 1, 0];
  const center = known ? [12, 13, 14].map(float) : [0, 0, 0];
  const axes = [0, 1, 2].map((i) => [0, 1, 2].map((row) => cosines[3 * i + row] * delta[i]));
  const origin = center.map((c, row) => c - (axes[0][row] * nx + axes[1][row] * ny + axes[2][row] * nz) / 2);
  const affine = affineOf(axes[0], axes[1], axes[2], origin);
  return {
    kind: "mgh",
    data: scaled(readNumbers(content, headerBytes, count, type, false)),
    shape: [nx, ny, nz],
    frames,
    spacing: spacingOf(affine),
    affine,
    orientation: orientationOf(affine, source),
    sliceAxis: 2,
    windows: [],
    inverted: false,
    meta: {dtype: type, affineSource: known ? "header" : "assumed"}
  };
}
