import {checkSameSize} from "./check.js";
import {type Haar, type HaarBoundary, haar, inverseHaar} from "./dwt.js";
import type {Plane} from "./image.js";

/** LL3, LH3, …, HH1. The number is the level; 1 is the finest. LH = pywt's cH, HL = cV, HH = cD. */
export type BandName = `${"LL" | "LH" | "HL" | "HH"}${number}`;

/** A band's name in words, for an axis. */
export function bandLabel(name: BandName): string {
  const level = name.slice(2);
  const what = {LL: "coarse picture", LH: "horizontal edges", HL: "vertical edges", HH: "diagonal detail"}[
    name.slice(0, 2) as "LL" | "LH" | "HL" | "HH"
  ];
  return `${what}, level ${level}`;
}

/** The names of all bands, coarse to fine: LL3, LH3, HL3, HH3, LH2, …, HH1. */
export function bandNames(levels = 3): BandName[] {
  const names: BandName[] = [`LL${levels}`];
  for (let level = levels; level >= 1; level--) names.push(`LH${level}`, `HL${level}`, `HH${level}`);
  return names;
}

/** A decomposition's bands by name, coarse to fine. */
export function bandPlanes({ll, details}: Haar): Map<BandName, Plane> {
  const bands = new Map<BandName, Plane>([[`LL${details.length}`, ll]]);
  for (let level = details.length; level >= 1; level--) {
    const {lh, hl, hh} = details[level - 1];
    bands.set(`LH${level}`, lh).set(`HL${level}`, hl).set(`HH${level}`, hh);
  }
  return bands;
}

/** What one band says about a pair. */
export interface BandMeasure {
  /**
   * PSNR in dB as published: the peak is the band's own largest |coefficient| of HR, so bands can NOT be compared with
   * each other; 100 where the MSE is under 1e-12, else 0 where the peak is.
   */
  readonly psnr: number;
  /** Sum of squared differences of the band's coefficients. */
  readonly sse: number;
  /** `sse` over the sum of all bands' `sse`; null where the images are equal. */
  readonly share: number | null;
}

export interface BandMeasures {
  readonly levels: number;
  readonly bands: Readonly<Record<BandName, BandMeasure>>;
  /** Σ of the bands' `sse`. */
  readonly total: number;
  /**
   * Whether `total` is the images' SSE (Parseval). False where a length is odd at some level and the boundary is
   * pywt's: the repeated samples count twice there.
   */
  readonly exact: boolean;
}

/**
 * Band PSNR (published) and band error budget (SSE per band and its share) of SR against HR.
 * @throws RangeError on differing sizes, NaN or infinities.
 */
export function bandMeasures(hr: Plane, sr: Plane, levels = 3, boundary: HaarBoundary = "symmetric"): BandMeasures {
  checkSameSize(hr, sr);
  return bandMeasuresOf(haar(hr, levels, boundary), haar(sr, levels, boundary));
}

/** The same from two decompositions of one size, depth and boundary. */
export function bandMeasuresOf(hr: Haar, sr: Haar): BandMeasures {
  const levels = hr.details.length;
  const other = bandPlanes(sr);
  const rows = [...bandPlanes(hr)].map(([name, band]) => ({name, ...compare(band.data, other.get(name)!.data)}));
  const total = rows.reduce((sum, row) => sum + row.sse, 0);
  const bands: Record<BandName, BandMeasure> = {};
  for (const {name, psnr, sse} of rows) bands[name] = {psnr, sse, share: total > 0 ? sse / total : null};
  const unit = 2 ** levels;
  const exact = hr.boundary === "orthonormal" || (hr.width % unit === 0 && hr.height % unit === 0);
  return {levels, bands, total, exact};
}

/** Σ of the squared coefficients of each band. */
export function bandEnergy(decomposition: Haar): Record<BandName, number> {
  const energy: Record<BandName, number> = {};
  for (const [name, {data}] of bandPlanes(decomposition)) {
    let sum = 0;
    for (let i = 0; i < data.length; i++) sum += data[i] * data[i];
    energy[name] = sum;
  }
  return energy;
}

/** The image with each band multiplied by its gain (1 where none is given): a band mixer. */
export function mixBands(decomposition: Haar, gains: Partial<Record<BandName, number>>): Plane {
  const scaled = (name: BandName, plane: Plane): Plane => {
    const gain = gains[name] ?? 1;
    return gain === 1 ? plane : {...plane, data: plane.data.map((v) => v * gain)};
  };
  const {ll, details} = decomposition;
  return inverseHaar({
    ...decomposition,
    ll: scaled(`LL${details.length}`, ll),
    details: details.map(({lh, hl, hh}, i) => ({
      lh: scaled(`LH${i + 1}`, lh),
      hl: scaled(`HL${i + 1}`, hl),
      hh: scaled(`HH${i + 1}`, hh)
    }))
  });
}

/** One band alone, as an image of the full size. */
export function bandImage(decomposition: Haar, name: BandName): Plane {
  const names = bandNames(decomposition.details.length);
  if (!names.includes(name)) throw new RangeError(`invalid band: ${name} (there are ${names.join(", ")})`);
  return mixBands(decomposition, Object.fromEntries(names.map((other) => [other, other === name ? 1 : 0])));
}

function compare(hr: Plane["data"], sr: Plane["data"]): {psnr: number; sse: number} {
  let sse = 0;
  let peak = 0;
  for (let i = 0; i < hr.length; i++) {
    const c = hr[i];
    const d = sr[i] - c;
    sse += d * d;
    if (c > peak) peak = c;
    else if (-c > peak) peak = -c;
  }
  const mse = sse / hr.length;
  const psnr = mse < 1e-12 ? 100 : peak < 1e-12 ? 0 : 10 * Math.log10((peak * peak) / mse);
  return {psnr, sse};
}
