import {mkdirSync, writeFileSync} from "node:fs";
import {dirname, join} from "node:path";
import {gzipSync} from "node:zlib";
import {encodePng8} from "../../../loaders/images/index.js";
import {random} from "../../../src/measures/random.js";

export function writeTree(root: string, files: Record<string, string | Uint8Array>): string {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), {recursive: true});
    writeFileSync(join(root, name), content);
  }
  return root;
}

/** A PNG of smooth random blobs that the seed decides. */
export function pngOf(seed: string, width = 32, height = width): Uint8Array {
  const r = random("png", seed);
  const waves = Array.from({length: 6}, () => [r.between(-3, 3), r.between(-3, 3), r.between(0, 6.28), r.uniform()]);
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; ++y)
    for (let x = 0; x < width; ++x) {
      let sum = 0;
      for (const [u, v, phase, a] of waves)
        sum += a * Math.sin((6.28 * (u * x)) / width + (6.28 * (v * y)) / height + phase);
      data[y * width + x] = 0.5 + 0.15 * sum;
    }
  return encodePng8({data, width, height});
}

/** A `.npy` of unsigned bytes, C order. */
export function npyOfBytes(data: Uint8Array, shape: readonly number[]): Uint8Array {
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(", ")}), }`;
  const header = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`;
  const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
  return Buffer.concat([head, Buffer.from(header, "latin1"), data]);
}

/** NIfTI-1, int16, 1 mm, RAS (sform), of a function of the voxel. */
export function niftiOf(
  [nx, ny, nz]: readonly [number, number, number],
  value: (x: number, y: number, z: number) => number,
  {gzip = false} = {}
): Uint8Array {
  const bytes = Buffer.alloc(352 + 2 * nx * ny * nz);
  bytes.writeInt32LE(348, 0);
  [3, nx, ny, nz, 1, 1, 1, 1].forEach((n, i) => {
    bytes.writeInt16LE(n, 40 + 2 * i);
  });
  bytes.writeInt16LE(4, 70);
  bytes.writeInt16LE(16, 72);
  [1, 1, 1, 1].forEach((n, i) => {
    bytes.writeFloatLE(n, 76 + 4 * i);
  });
  bytes.writeFloatLE(352, 108);
  bytes.writeFloatLE(1, 112);
  bytes.writeInt16LE(1, 254);
  [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0].forEach((n, i) => {
    bytes.writeFloatLE(n, 280 + 4 * i);
  });
  bytes.write("n+1\0", 344, "latin1");
  let at = 352;
  for (let z = 0; z < nz; ++z)
    for (let y = 0; y < ny; ++y) for (let x = 0; x < nx; ++x, at += 2) bytes.writeInt16LE(value(x, y, z), at);
  return gzip ? gzipSync(bytes) : bytes;
}
