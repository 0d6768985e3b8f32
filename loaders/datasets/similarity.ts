import type {Plane} from "../../src/measures/image.js";

/** A small picture of an image, for finding copies: area means on a coarse grid, and a 64-bit difference hash of them. */
export interface Fingerprint {
  /** 64 comparisons of neighbours (dHash), as two 32-bit words. */
  readonly hash: readonly [number, number];
  /** 32 × 32 area means, mean 0, norm 1; null for a flat image. */
  readonly small: Float32Array | null;
}

const SIDE = 32;

/** The fingerprint of an image of any size. */
export function fingerprint(image: Plane): Fingerprint {
  const means = areaMeans(image, 9, 8);
  const hash: [number, number] = [0, 0];
  for (let y = 0, bit = 0; y < 8; ++y)
    for (let x = 0; x < 8; ++x, ++bit) if (means[y * 9 + x] < means[y * 9 + x + 1]) hash[bit >> 5] |= 1 << (bit & 31);
  const small = Float32Array.from(areaMeans(image, SIDE, SIDE));
  let mean = 0;
  for (const v of small) mean += v / small.length;
  let norm = 0;
  for (let k = 0; k < small.length; ++k) {
    small[k] -= mean;
    norm += small[k] * small[k];
  }
  norm = Math.sqrt(norm);
  if (norm < 1e-4) return {hash: [hash[0] >>> 0, hash[1] >>> 0], small: null};
  for (let k = 0; k < small.length; ++k) small[k] /= norm;
  return {hash: [hash[0] >>> 0, hash[1] >>> 0], small};
}

/** How many of the 64 bits differ. */
export function hammingDistance(a: Fingerprint, b: Fingerprint): number {
  return bits(a.hash[0] ^ b.hash[0]) + bits(a.hash[1] ^ b.hash[1]);
}

/** The correlation of the coarse pictures, in [−1, 1]; 0 where one is flat. */
export function correlation(a: Fingerprint, b: Fingerprint): number {
  if (a.small === null || b.small === null) return 0;
  let sum = 0;
  for (let k = 0; k < a.small.length; ++k) sum += a.small[k] * b.small[k];
  return sum;
}

/**
 * Pairs of different groups that show the same picture: hashes that differ in no more than `bits` of 64 and coarse pictures that correlate by
 * at least `least`. Every pair with up to 3 differing bits is found; of those with more, the ones that agree in a
 * quarter of the hash (locality-sensitive hashing in four bands), so that it doesn't take n² comparisons.
 */
export function nearDuplicates<T>(
  items: readonly {readonly item: T; readonly group: string; readonly print: Fingerprint}[],
  {bits: most = 8, least = 0.995}: {bits?: number; least?: number} = {}
): {a: T; b: T; correlation: number}[] {
  const found: {a: T; b: T; correlation: number}[] = [];
  const seen = new Set<string>();
  for (let band = 0; band < 4; ++band) {
    const buckets = new Map<number, number[]>();
    items.forEach(({print}, i) => {
      const key = (print.hash[band >> 1] >>> ((band & 1) * 16)) & 0xffff;
      const bucket = buckets.get(key);
      if (bucket) bucket.push(i);
      else buckets.set(key, [i]);
    });
    for (const bucket of buckets.values())
      for (let p = 0; p < bucket.length; ++p)
        for (let q = p + 1; q < bucket.length; ++q) {
          const [a, b] = [items[bucket[p]], items[bucket[q]]];
          if (a.group === b.group || hammingDistance(a.print, b.print) > most) continue;
          const key = `${bucket[p]} ${bucket[q]}`;
          if (seen.has(key)) continue;
          const r = correlation(a.print, b.print);
          if (r < least) continue;
          seen.add(key);
          found.push({a: a.item, b: b.item, correlation: r});
        }
  }
  return found.sort((a, b) => b.correlation - a.correlation);
}

/** Means over the cells of a width × height grid laid over the image. */
function areaMeans({data, width, height}: Plane, columns: number, rows: number): Float64Array {
  const out = new Float64Array(columns * rows);
  const across = cells(width, columns);
  const down = cells(height, rows);
  for (let y = 0; y < rows; ++y)
    for (let x = 0; x < columns; ++x) {
      let sum = 0;
      for (let j = down[y][0]; j < down[y][1]; ++j)
        for (let i = across[x][0]; i < across[x][1]; ++i) sum += data[j * width + i];
      out[y * columns + x] = sum / ((down[y][1] - down[y][0]) * (across[x][1] - across[x][0]));
    }
  return out;
}

/** The pixels of each of n cells along an axis; at least one a cell. */
function cells(length: number, n: number): [number, number][] {
  return Array.from({length: n}, (_, i) => {
    const first = Math.min(length - 1, Math.floor((i * length) / n));
    return [first, Math.max(first + 1, Math.floor(((i + 1) * length) / n))];
  });
}

function bits(v: number): number {
  v -= (v >>> 1) & 0x55555555;
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
