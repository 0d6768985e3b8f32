/**
 * CPython's `random.Random(seed)` for a small whole seed: MT19937 (Matsumoto & Nishimura, 1998) with `shuffle` and `sample` as
 * CPython 3.2 and later draw them. Only for repeating what a published script chose; new work takes `random`.
 */
export class PythonRandom {
  private readonly state = new Uint32Array(624);
  private position = 624;

  constructor(seed: number) {
    if (!(Number.isInteger(seed) && seed >= 0 && seed < 4294967296)) throw new RangeError(`invalid seed: ${seed}`);
    const {state} = this;
    state[0] = 19650218;
    for (let i = 1; i < 624; ++i) state[i] = Math.imul(1812433253, state[i - 1] ^ (state[i - 1] >>> 30)) + i;
    let i = 1;
    for (let k = 0; k < 624; ++k) {
      state[i] = (state[i] ^ Math.imul(state[i - 1] ^ (state[i - 1] >>> 30), 1664525)) + seed;
      if (++i >= 624) {
        state[0] = state[623];
        i = 1;
      }
    }
    for (let k = 0; k < 623; ++k) {
      state[i] = (state[i] ^ Math.imul(state[i - 1] ^ (state[i - 1] >>> 30), 1566083941)) - i;
      if (++i >= 624) {
        state[0] = state[623];
        i = 1;
      }
    }
    state[0] = 0x80000000;
  }

  private next(): number {
    const {state} = this;
    if (this.position >= 624) {
      for (let k = 0; k < 624; ++k) {
        const y = (state[k] & 0x80000000) | (state[(k + 1) % 624] & 0x7fffffff);
        state[k] = state[(k + 397) % 624] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      this.position = 0;
    }
    let y = state[this.position++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> 0;
  }

  /** A whole number in [0, n), as `_randbelow`. */
  below(n: number): number {
    const bits = 32 - Math.clz32(n);
    for (;;) {
      const r = this.next() >>> (32 - bits);
      if (r < n) return r;
    }
  }

  shuffle<T>(values: T[]): T[] {
    for (let i = values.length - 1; i > 0; --i) {
      const j = this.below(i + 1);
      [values[i], values[j]] = [values[j], values[i]];
    }
    return values;
  }

  sample<T>(values: readonly T[], k: number): T[] {
    const n = values.length;
    if (!(k >= 0 && k <= n)) throw new RangeError(`invalid k: ${k}`);
    let limit = 21;
    if (k > 5)
      for (let power = 1; ; power *= 4)
        if (power >= 3 * k) {
          limit += power;
          break;
        }
    if (n <= limit) {
      const pool = values.slice();
      return Array.from({length: k}, (_, i) => {
        const j = this.below(n - i);
        const value = pool[j];
        pool[j] = pool[n - i - 1];
        return value;
      });
    }
    const chosen = new Set<number>();
    while (chosen.size < k) chosen.add(this.below(n));
    return [...chosen].map((j) => values[j]);
  }
}
