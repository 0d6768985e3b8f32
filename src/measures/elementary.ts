/**
 * exp, log, sin, cos from +, −, ×, ÷ and the bits of a double only. `Math.exp` and its like may differ in the last bit
 * from one engine to the next; what is built on these is the same to the byte everywhere. Relative error below 1e-15.
 */
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** e to the x; 0 below −700, Infinity above 709. */
export function exp(x: number): number {
  if (!(x > -700)) return Number.isNaN(x) ? x : 0;
  if (x > 709) return Infinity;
  const k = Math.round(x * Math.LOG2E);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let sum = 1;
  for (let n = 14; n > 0; --n) sum = 1 + (r * sum) / n;
  words[HIGH] = (k + 1023) << 20;
  words[1 - HIGH] = 0;
  return sum * double[0];
}

/** The natural logarithm of a normal positive number; −Infinity at 0, NaN below. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : Number.NaN;
  if (x === Infinity) return x;
  double[0] = x;
  let e = ((words[HIGH] >>> 20) & 0x7ff) - 1023;
  words[HIGH] = (words[HIGH] & 0xfffff) | 0x3ff00000;
  let m = double[0];
  if (m > Math.SQRT2) {
    m /= 2;
    e += 1;
  }
  const s = (m - 1) / (m + 1);
  const q = s * s;
  let sum = 0;
  for (let n = 23; n > 0; n -= 2) sum = sum * q + 1 / n;
  return e * LN2_HIGH + (2 * s * sum + e * LN2_LOW);
}

/** Sine of an angle in radians, for |x| up to about 1e6. */
export function sin(x: number): number {
  const k = Math.round(x / 1.5707963267948966);
  const r = x - k * 1.5707963267341256 - k * 6.077100506506192e-11;
  switch (((k % 4) + 4) % 4) {
    case 0:
      return sine(r);
    case 1:
      return cosine(r);
    case 2:
      return -sine(r);
    default:
      return -cosine(r);
  }
}

/** Cosine of an angle in radians, for |x| up to about 1e6. */
export function cos(x: number): number {
  const k = Math.round(x / 1.5707963267948966);
  const r = x - k * 1.5707963267341256 - k * 6.077100506506192e-11;
  switch (((k % 4) + 4) % 4) {
    case 0:
      return cosine(r);
    case 1:
      return -sine(r);
    case 2:
      return -cosine(r);
    default:
      return sine(r);
  }
}

/** x to the y for x > 0; 0 at x = 0. */
export function pow(x: number, y: number): number {
  return x > 0 ? exp(y * log(x)) : 0;
}

function sine(r: number): number {
  const q = r * r;
  let sum = 1;
  for (let n = 17; n > 1; n -= 2) sum = 1 - (q * sum) / (n * (n - 1));
  return r * sum;
}

function cosine(r: number): number {
  const q = r * r;
  let sum = 1;
  for (let n = 18; n > 0; n -= 2) sum = 1 - (q * sum) / (n * (n - 1));
  return sum;
}
