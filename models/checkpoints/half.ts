const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The float16 nearest to a number, ties to even, as its 16 bits; too large becomes infinity, NaN stays NaN. */
export function roundToHalf(value: number): number {
  float[0] = value;
  const x = bits[0];
  const sign = (x >>> 16) & 0x8000;
  const exponent = (x >>> 23) & 0xff;
  const mantissa = x & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (mantissa ? 0x200 : 0);
  const e = exponent - 112;
  if (e >= 31) return sign | 0x7c00;
  if (e <= 0) {
    // subnormal in float16, in units of 2⁻²⁴
    const shift = 14 - e;
    if (shift > 24) return sign;
    return sign | roundShift(mantissa | 0x800000, shift);
  }
  // a carry out of the mantissa moves on into the exponent, up to infinity, as it should
  return sign | ((e << 10) + roundShift(mantissa, 13));
}

/** x / 2^n, rounded to nearest, ties to even. */
function roundShift(x: number, n: number): number {
  const floor = x >>> n;
  const rest = x & ((1 << n) - 1);
  const half = 1 << (n - 1);
  return rest > half || (rest === half && floor & 1) ? floor + 1 : floor;
}
