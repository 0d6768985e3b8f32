import {type Random, random} from "../../../src/measures/random.js";

/**
 * Gradient noise (Perlin, "Improving noise", 2002) with a seeded permutation: smooth, mean 0, roughly in [−1, 1],
 * features of about one unit.
 */
export class Noise {
  private readonly table = new Uint8Array(512);

  constructor(source: Random) {
    const order = source.shuffle(Array.from({length: 256}, (_, i) => i));
    for (let i = 0; i < 512; ++i) this.table[i] = order[i & 255];
  }

  static of(...seed: (string | number)[]): Noise {
    return new Noise(random(...seed, "noise"));
  }

  at(x: number, y: number, z: number): number {
    const {table} = this;
    const fx = Math.floor(x);
    const fy = Math.floor(y);
    const fz = Math.floor(z);
    const X = fx & 255;
    const Y = fy & 255;
    const Z = fz & 255;
    x -= fx;
    y -= fy;
    z -= fz;
    const u = x * x * x * (x * (x * 6 - 15) + 10);
    const v = y * y * y * (y * (y * 6 - 15) + 10);
    const w = z * z * z * (z * (z * 6 - 15) + 10);
    const A = table[X] + Y;
    const AA = table[A] + Z;
    const AB = table[A + 1] + Z;
    const B = table[X + 1] + Y;
    const BA = table[B] + Z;
    const BB = table[B + 1] + Z;
    const g000 = gradient(table[AA], x, y, z);
    const g100 = gradient(table[BA], x - 1, y, z);
    const g010 = gradient(table[AB], x, y - 1, z);
    const g110 = gradient(table[BB], x - 1, y - 1, z);
    const g001 = gradient(table[AA + 1], x, y, z - 1);
    const g101 = gradient(table[BA + 1], x - 1, y, z - 1);
    const g011 = gradient(table[AB + 1], x, y - 1, z - 1);
    const g111 = gradient(table[BB + 1], x - 1, y - 1, z - 1);
    const a = g000 + u * (g100 - g000);
    const b = g010 + u * (g110 - g010);
    const c = g001 + u * (g101 - g001);
    const d = g011 + u * (g111 - g011);
    const e = a + v * (b - a);
    return e + w * (c + v * (d - c) - e);
  }

  /** Octaves, each of twice the frequency and `gain` times the amplitude; gain 0.5 gives a power spectrum of about f⁻⁴ in 2-D, 1/√2 … f⁻³. */
  fractal(x: number, y: number, z: number, octaves: number, gain = 0.5): number {
    let sum = 0;
    let amplitude = 1;
    for (let o = 0; o < octaves; ++o) {
      sum += amplitude * this.at(x + 17.3 * o, y - 9.7 * o, z + 5.1 * o);
      x *= 2;
      y *= 2;
      z *= 2;
      amplitude *= gain;
    }
    return sum;
  }
}

function gradient(hash: number, x: number, y: number, z: number): number {
  const h = hash & 15;
  const u = h < 8 ? x : y;
  const v = h < 4 ? y : h === 12 || h === 14 ? x : z;
  return ((h & 1) === 0 ? u : -u) + ((h & 2) === 0 ? v : -v);
}
