import {checkInteger, checkPair, checkPlane} from "./check.js";
import type {Plane} from "./image.js";

/** A two-dimensional discrete Fourier transform, row-major, zero frequency at index 0, unnormalised as numpy's `fft2`. */
export interface Spectrum {
  readonly re: Float64Array;
  readonly im: Float64Array;
  readonly width: number;
  readonly height: number;
}

/**
 * Forward transform, in place, of `batch` interleaved complex signals of length n: sample j of signal k stands at
 * `j * batch + k`. Any n: factors 2, 3, 4, 5, 7, 11, 13 by a mixed-radix Stockham scheme, other primes by Bluestein's.
 * @throws RangeError when the arrays do not hold n × batch values.
 */
export function fft(re: Float64Array, im: Float64Array, n: number, batch = 1): void {
  checkInteger(n, "n", 1);
  checkInteger(batch, "batch", 1);
  if (re.length !== n * batch || im.length !== n * batch) {
    throw new RangeError(`re and im must have ${n * batch} values, not ${re.length} and ${im.length}`);
  }
  transform(planOf(n), re, im, batch);
}

/** Inverse of `fft`, with the factor 1/n. */
export function inverseFft(re: Float64Array, im: Float64Array, n: number, batch = 1): void {
  // conj(DFT(conj z)) by exchanging the parts: DFT(im + i re) is i·conj of what is wanted
  fft(im, re, n, batch);
  for (let i = 0; i < re.length; i++) {
    re[i] /= n;
    im[i] /= n;
  }
}

/** Spectrum of a real plane. @throws RangeError when it holds NaN or infinities. */
export function fft2(plane: Plane): Spectrum {
  checkPlane(plane, "plane");
  const {width, height} = plane;
  const re = Float64Array.from(plane.data);
  const im = new Float64Array(re.length);
  transform2(re, im, width, height);
  return {re, im, width, height};
}

/** Spectra of two real planes of one size at the cost of one: they travel as real and imaginary part. */
export function fft2Pair(a: Plane, b: Plane): [Spectrum, Spectrum] {
  checkPair(a, b, "a", "b");
  const {width, height} = a;
  const re = Float64Array.from(a.data);
  const im = Float64Array.from(b.data);
  transform2(re, im, width, height);
  const n = re.length;
  const reB = new Float64Array(n);
  const imB = new Float64Array(n);
  // F_a = (Z(k) + conj Z(−k)) / 2, F_b = (Z(k) − conj Z(−k)) / 2i; k and −k are done together
  for (let y = 0; y < height; y++) {
    const row = y * width;
    const mirrored = ((height - y) % height) * width;
    for (let x = 0; x < width; x++) {
      const p = row + x;
      const q = mirrored + (x === 0 ? 0 : width - x);
      if (q < p) continue;
      const rp = re[p];
      const ip = im[p];
      const rq = re[q];
      const iq = im[q];
      const aRe = (rp + rq) / 2;
      const aIm = (ip - iq) / 2;
      const bRe = (ip + iq) / 2;
      const bIm = (rq - rp) / 2;
      re[p] = re[q] = aRe;
      im[p] = aIm;
      im[q] = -aIm;
      reB[p] = reB[q] = bRe;
      imB[p] = bIm;
      imB[q] = -bIm;
      if (p === q) im[p] = imB[p] = 0;
    }
  }
  return [
    {re, im, width, height},
    {re: reB, im: imB, width, height}
  ];
}

/** The real plane whose spectrum this is; an imaginary rest is dropped. */
export function inverseFft2({re, im, width, height}: Spectrum): Plane {
  const data = im.slice();
  const rest = re.slice();
  transform2(data, rest, width, height);
  const n = width * height;
  for (let i = 0; i < n; i++) rest[i] /= n;
  return {data: rest, width, height};
}

/** The signed whole frequency (cycles per length n) of index k: 0, 1, …, −2, −1. At even n, n/2 counts as negative. */
export function frequencyIndex(k: number, n: number): number {
  return k < (n + 1) >> 1 ? k : k - n;
}

function transform2(re: Float64Array, im: Float64Array, width: number, height: number): void {
  transform(planOf(height), re, im, width);
  const plan = planOf(width);
  for (let y = 0; y < height; y++) {
    const from = y * width;
    transform(plan, re.subarray(from, from + width), im.subarray(from, from + width), 1);
  }
}

interface Plan {
  readonly n: number;
  /** Radices of the Stockham stages; empty where Bluestein's way is gone. */
  readonly radices: readonly number[];
  /** cos and −sin of 2πj/n. */
  readonly cos: Float64Array;
  readonly sin: Float64Array;
  readonly bluestein?: Bluestein;
}

interface Bluestein {
  readonly m: number;
  /** exp(−iπj²/n), j < n. */
  readonly chirpRe: Float64Array;
  readonly chirpIm: Float64Array;
  /** Transform of the conjugate chirp, wrapped to length m. */
  readonly filterRe: Float64Array;
  readonly filterIm: Float64Array;
}

const plans = new Map<number, Plan>();

function planOf(n: number): Plan {
  let plan = plans.get(n);
  if (plan === undefined) {
    plan = makePlan(n);
    plans.set(n, plan);
  }
  return plan;
}

function makePlan(n: number): Plan {
  const radices: number[] = [];
  let rest = n;
  for (const radix of [4, 2, 3, 5, 7, 11, 13]) {
    while (rest % radix === 0) {
      radices.push(radix);
      rest /= radix;
    }
  }
  const cos = new Float64Array(n);
  const sin = new Float64Array(n);
  for (let j = 0; j < n; j++) [cos[j], sin[j]] = unitRoot(j, n);
  return rest === 1 ? {n, radices, cos, sin} : {n, radices: [], cos, sin, bluestein: makeBluestein(n)};
}

/** exp(−2πij/n) with the angle brought under 45° first, so that it is right to the last digit or nearly. */
function unitRoot(j: number, n: number): [number, number] {
  const octant = Math.floor((8 * j) / n);
  const angle = (numerator: number) => (2 * Math.PI * numerator) / n;
  switch (octant) {
    case 0:
      return [Math.cos(angle(j)), -Math.sin(angle(j))];
    case 1:
      return [Math.sin(angle(n / 4 - j)), -Math.cos(angle(n / 4 - j))];
    case 2:
      return [-Math.sin(angle(j - n / 4)), -Math.cos(angle(j - n / 4))];
    case 3:
      return [-Math.cos(angle(n / 2 - j)), -Math.sin(angle(n / 2 - j))];
    case 4:
      return [-Math.cos(angle(j - n / 2)), Math.sin(angle(j - n / 2))];
    case 5:
      return [-Math.sin(angle((3 * n) / 4 - j)), Math.cos(angle((3 * n) / 4 - j))];
    case 6:
      return [Math.sin(angle(j - (3 * n) / 4)), Math.cos(angle(j - (3 * n) / 4))];
    default:
      return [Math.cos(angle(n - j)), Math.sin(angle(n - j))];
  }
}

function makeBluestein(n: number): Bluestein {
  let m = 1;
  while (m < 2 * n - 1) m *= 2;
  const chirpRe = new Float64Array(n);
  const chirpIm = new Float64Array(n);
  const filterRe = new Float64Array(m);
  const filterIm = new Float64Array(m);
  // j² is reduced modulo 2n before it becomes an angle; as a recurrence it stays exact for every n
  for (let j = 0, square = 0; j < n; j++) {
    const [c, s] = unitRoot(square, 2 * n);
    chirpRe[j] = c;
    chirpIm[j] = s;
    filterRe[j] = c;
    filterIm[j] = -s;
    if (j > 0) {
      filterRe[m - j] = c;
      filterIm[m - j] = -s;
    }
    square = (square + 2 * j + 1) % (2 * n);
  }
  transform(planOf(m), filterRe, filterIm, 1);
  return {m, chirpRe, chirpIm, filterRe, filterIm};
}

function transform(plan: Plan, re: Float64Array, im: Float64Array, batch: number): void {
  if (plan.n === 1) return;
  if (plan.bluestein !== undefined) convolve(plan.n, plan.bluestein, re, im, batch);
  else stockham(plan, re, im, batch);
}

function convolve(
  n: number,
  {m, chirpRe, chirpIm, filterRe, filterIm}: Bluestein,
  re: Float64Array,
  im: Float64Array,
  batch: number
): void {
  const plan = planOf(m);
  const a = new Float64Array(m);
  const b = new Float64Array(m);
  for (let k = 0; k < batch; k++) {
    a.fill(0);
    b.fill(0);
    for (let j = 0, i = k; j < n; j++, i += batch) {
      a[j] = re[i] * chirpRe[j] - im[i] * chirpIm[j];
      b[j] = re[i] * chirpIm[j] + im[i] * chirpRe[j];
    }
    stockham(plan, a, b, 1);
    for (let j = 0; j < m; j++) {
      const x = a[j] * filterRe[j] - b[j] * filterIm[j];
      b[j] = a[j] * filterIm[j] + b[j] * filterRe[j];
      a[j] = x;
    }
    stockham(plan, b, a, 1); // parts exchanged: the inverse transform, times m
    for (let j = 0, i = k; j < n; j++, i += batch) {
      re[i] = (a[j] * chirpRe[j] - b[j] * chirpIm[j]) / m;
      im[i] = (a[j] * chirpIm[j] + b[j] * chirpRe[j]) / m;
    }
  }
}

let scratchRe = new Float64Array(0);
let scratchIm = new Float64Array(0);

/**
 * Stockham's self-sorting transform, decimation in frequency: each stage reads one buffer and writes the other, the
 * inner loop runs over neighbours. `re`, `im` hold the result in the end, whatever the number of stages.
 */
function stockham({n, radices, cos, sin}: Plan, re: Float64Array, im: Float64Array, batch: number): void {
  const size = n * batch;
  if (scratchRe.length < size) {
    scratchRe = new Float64Array(size);
    scratchIm = new Float64Array(size);
  }
  let xRe: Float64Array = re;
  let xIm: Float64Array = im;
  let yRe: Float64Array = scratchRe;
  let yIm: Float64Array = scratchIm;
  let length = n;
  let stride = batch;
  for (const radix of radices) {
    const m = length / radix;
    const unit = n / length;
    if (radix === 4) stage4(xRe, xIm, yRe, yIm, m, stride, unit, cos, sin);
    else if (radix === 2) stage2(xRe, xIm, yRe, yIm, m, stride, unit, cos, sin);
    else stageAny(radix, xRe, xIm, yRe, yIm, m, stride, unit, cos, sin);
    [xRe, yRe] = [yRe, xRe];
    [xIm, yIm] = [yIm, xIm];
    length = m;
    stride *= radix;
  }
  if (xRe !== re) {
    for (let i = 0; i < size; i++) {
      re[i] = xRe[i];
      im[i] = xIm[i];
    }
  }
}

function stage2(
  xRe: Float64Array,
  xIm: Float64Array,
  yRe: Float64Array,
  yIm: Float64Array,
  m: number,
  s: number,
  unit: number,
  cos: Float64Array,
  sin: Float64Array
): void {
  for (let q = 0; q < m; q++) {
    const wr = cos[q * unit];
    const wi = sin[q * unit];
    let i0 = s * q;
    let i1 = i0 + s * m;
    let o0 = 2 * s * q;
    let o1 = o0 + s;
    for (let k = 0; k < s; k++, i0++, i1++, o0++, o1++) {
      const ar = xRe[i0];
      const ai = xIm[i0];
      const br = xRe[i1];
      const bi = xIm[i1];
      yRe[o0] = ar + br;
      yIm[o0] = ai + bi;
      const dr = ar - br;
      const di = ai - bi;
      yRe[o1] = dr * wr - di * wi;
      yIm[o1] = dr * wi + di * wr;
    }
  }
}

function stage4(
  xRe: Float64Array,
  xIm: Float64Array,
  yRe: Float64Array,
  yIm: Float64Array,
  m: number,
  s: number,
  unit: number,
  cos: Float64Array,
  sin: Float64Array
): void {
  const step = s * m;
  for (let q = 0; q < m; q++) {
    const w1r = cos[q * unit];
    const w1i = sin[q * unit];
    const w2r = cos[2 * q * unit];
    const w2i = sin[2 * q * unit];
    const w3r = cos[3 * q * unit];
    const w3i = sin[3 * q * unit];
    let i = s * q;
    let o = 4 * s * q;
    for (let k = 0; k < s; k++, i++, o++) {
      const ar = xRe[i];
      const ai = xIm[i];
      const br = xRe[i + step];
      const bi = xIm[i + step];
      const cr = xRe[i + 2 * step];
      const ci = xIm[i + 2 * step];
      const dr = xRe[i + 3 * step];
      const di = xIm[i + 3 * step];
      const acr = ar + cr;
      const aci = ai + ci;
      const amr = ar - cr;
      const ami = ai - ci;
      const bdr = br + dr;
      const bdi = bi + di;
      // −i·(b − d)
      const bmr = bi - di;
      const bmi = dr - br;
      yRe[o] = acr + bdr;
      yIm[o] = aci + bdi;
      const t1r = amr + bmr;
      const t1i = ami + bmi;
      const t2r = acr - bdr;
      const t2i = aci - bdi;
      const t3r = amr - bmr;
      const t3i = ami - bmi;
      yRe[o + s] = t1r * w1r - t1i * w1i;
      yIm[o + s] = t1r * w1i + t1i * w1r;
      yRe[o + 2 * s] = t2r * w2r - t2i * w2i;
      yIm[o + 2 * s] = t2r * w2i + t2i * w2r;
      yRe[o + 3 * s] = t3r * w3r - t3i * w3i;
      yIm[o + 3 * s] = t3r * w3i + t3i * w3r;
    }
  }
}

function stageAny(
  radix: number,
  xRe: Float64Array,
  xIm: Float64Array,
  yRe: Float64Array,
  yIm: Float64Array,
  m: number,
  s: number,
  unit: number,
  cos: Float64Array,
  sin: Float64Array
): void {
  const n = cos.length;
  const root = n / radix;
  const step = s * m;
  for (let q = 0; q < m; q++) {
    for (let j = 0; j < radix; j++) {
      const wr = cos[j * q * unit];
      const wi = sin[j * q * unit];
      const from = s * q;
      const to = s * (radix * q + j);
      for (let k = 0; k < s; k++) {
        let sumRe = 0;
        let sumIm = 0;
        for (let l = 0; l < radix; l++) {
          const t = ((j * l) % radix) * root;
          const xr = xRe[from + k + l * step];
          const xi = xIm[from + k + l * step];
          sumRe += xr * cos[t] - xi * sin[t];
          sumIm += xr * sin[t] + xi * cos[t];
        }
        yRe[to + k] = sumRe * wr - sumIm * wi;
        yIm[to + k] = sumRe * wi + sumIm * wr;
      }
    }
  }
}
