import {type BandName, bandPlanes} from "./bands.js";
import {checkPair} from "./check.js";
import {type HaarBoundary, haar} from "./dwt.js";
import type {Plane} from "./image.js";

/** SSE(SR, HR) = `autoencoder` + `generator` + `cross`. */
export interface SplitError {
  /** SSE(SR, HR). */
  readonly total: number;
  /** SSE(AE, HR): what the autoencoder loses by itself. */
  readonly autoencoder: number;
  /** SSE(SR, AE): how far the generator's output is from what the autoencoder could give. */
  readonly generator: number;
  /** 2⟨AE − HR, SR − AE⟩: below 0 where the generator makes up for the autoencoder, above where both err alike. */
  readonly cross: number;
}

/**
 * Whose error is it: the autoencoder's or the generator's? `ae` is the autoencoder's own reconstruction of HR.
 * @throws RangeError on differing sizes, NaN or infinities.
 */
export function errorSplit(hr: Plane, sr: Plane, ae: Plane): SplitError {
  checkPair(hr, sr);
  checkPair(hr, ae, "hr", "ae");
  return split(hr.data, sr.data, ae.data);
}

/** The same for each Haar band. With all sides divisible by 2^levels, or `orthonormal`, the bands add up to the image's. */
export function bandErrorSplit(
  hr: Plane,
  sr: Plane,
  ae: Plane,
  levels = 3,
  boundary: HaarBoundary = "symmetric"
): Record<BandName, SplitError> {
  checkPair(hr, sr);
  checkPair(hr, ae, "hr", "ae");
  const bandsSr = bandPlanes(haar(sr, levels, boundary));
  const bandsAe = bandPlanes(haar(ae, levels, boundary));
  const result: Record<BandName, SplitError> = {};
  for (const [name, {data}] of bandPlanes(haar(hr, levels, boundary))) {
    result[name] = split(data, bandsSr.get(name)!.data, bandsAe.get(name)!.data);
  }
  return result;
}

function split(hr: Plane["data"], sr: Plane["data"], ae: Plane["data"]): SplitError {
  let total = 0;
  let autoencoder = 0;
  let generator = 0;
  let cross = 0;
  for (let i = 0; i < hr.length; i++) {
    const a = ae[i] - hr[i];
    const g = sr[i] - ae[i];
    const e = sr[i] - hr[i];
    total += e * e;
    autoencoder += a * a;
    generator += g * g;
    cross += 2 * a * g;
  }
  return {total, autoencoder, generator, cross};
}
