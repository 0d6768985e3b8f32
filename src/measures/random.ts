import {log} from "./elementary.js";

/**
 * Seeded random numbers, the same to the bit on every engine: sfc32 (Doty-Humphrey, PractRand) behind a 128-bit hash of
 * the seed. There is no global generator: whoever needs chance is handed one of these.
 *
 * @example random("bootstrap", 7).uniform()
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter: number;
  private spare: number | undefined;

  constructor(seed: string) {
    [this.a, this.b, this.c, this.counter] = hash128(seed);
    for (let i = 0; i < 12; ++i) this.bits();
  }

  /** 32 random bits, as an integer in [0, 2³²). */
  bits(): number {
    const t = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + t;
    this.c |= 0;
    return t >>> 0;
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    return ((this.bits() >>> 5) * 67108864 + (this.bits() >>> 6)) / 9007199254740992;
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** A whole number in [0, n), without bias. @throws RangeError */
  integer(n: number): number {
    if (!(Number.isInteger(n) && n > 0 && n <= 4294967296)) throw new RangeError(`invalid n: ${n}`);
    const limit = 4294967296 - (4294967296 % n);
    for (;;) {
      const bits = this.bits();
      if (bits < limit) return bits % n;
    }
  }

  /** Normal with the given mean and standard deviation (Marsaglia's polar method). */
  normal(mean = 0, sd = 1): number {
    if (this.spare !== undefined) {
      const value = this.spare;
      this.spare = undefined;
      return mean + sd * value;
    }
    for (;;) {
      const u = this.bits() / 2147483648 - 1;
      const v = this.bits() / 2147483648 - 1;
      const s = u * u + v * v;
      if (s >= 1 || s === 0) continue;
      const f = Math.sqrt((-2 * log(s)) / s);
      this.spare = v * f;
      return mean + sd * u * f;
    }
  }

  /** One of the values. @throws RangeError when there are none */
  pick<T>(values: readonly T[]): T {
    return values[this.integer(values.length)];
  }

  /** Shuffles in place (Fisher–Yates) and returns the same array. */
  shuffle<T>(values: T[]): T[] {
    for (let i = values.length - 1; i > 0; --i) {
      const j = this.integer(i + 1);
      [values[i], values[j]] = [values[j], values[i]];
    }
    return values;
  }
}

/** A generator for this seed; several parts make independent streams: `random(seed, patient, "noise")`. */
export function random(...seed: readonly (string | number)[]): Random {
  return new Random(seed.map((part) => `${typeof part}:${part}`).join("\u0000"));
}

/** A fraction in [0, 1) that depends on the text alone: for choices that must not change when others come or go. */
export function fractionOf(text: string): number {
  const [a, b] = hash128(text);
  return ((a >>> 5) * 67108864 + (b >>> 6)) / 9007199254740992;
}

/** cyrb128: a well-mixing hash of a text's UTF-16 units to four 32-bit words. Not for secrets. */
export function hash128(text: string): [number, number, number, number] {
  let h1 = 1779033703;
  let h2 = 3144134277;
  let h3 = 1013904242;
  let h4 = 2773480762;
  for (let i = 0; i < text.length; ++i) {
    const k = text.charCodeAt(i);
    h1 = h2 ^ Math.imul(h1 ^ k, 597399067);
    h2 = h3 ^ Math.imul(h2 ^ k, 2869860233);
    h3 = h4 ^ Math.imul(h3 ^ k, 951274213);
    h4 = h1 ^ Math.imul(h4 ^ k, 2716044179);
  }
  h1 = Math.imul(h3 ^ (h1 >>> 18), 597399067);
  h2 = Math.imul(h4 ^ (h2 >>> 22), 2869860233);
  h3 = Math.imul(h1 ^ (h3 >>> 17), 951274213);
  h4 = Math.imul(h2 ^ (h4 >>> 19), 2716044179);
  h1 ^= h2 ^ h3 ^ h4;
  return [h1 >>> 0, (h2 ^ h1) >>> 0, (h3 ^ h1) >>> 0, (h4 ^ h1) >>> 0];
}
