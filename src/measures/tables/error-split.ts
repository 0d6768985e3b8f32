import {type BandName, bandPlanes} from "../bands.js";
import {checkPair} from "../check.js";
import {haar} from "../dwt.js";
import type {Plane} from "../image.js";
import type {SplitError} from "./record.js";

/**
 * How much of SR's error is the autoencoder's and how much the generator's, in total and per band of a three-level Haar
 * transform: SSE(SR, HR) = SSE(AE, HR) + SSE(SR, AE) + 2⟨AE − HR, SR − AE⟩. In grey levels squared.
 * @throws RangeError on differing sizes, NaN or infinities.
 */
export function errorSplit(
  hr: Plane,
  sr: Plane,
  ae: Plane,
  levels = 3
): SplitError & {bands: Record<BandName, SplitError>} {
  checkPair(hr, sr);
  checkPair(hr, ae, "hr", "ae");
  const lost = difference(ae, hr);
  const made = difference(sr, ae);
  // the transform is linear: the bands of a difference are the differences of the bands
  const madeBands = bandPlanes(haar(made, levels));
  const bands: Record<BandName, SplitError> = {};
  for (const [band, {data}] of bandPlanes(haar(lost, levels))) bands[band] = split(data, madeBands.get(band)!.data);
  return {...split(lost.data, made.data), bands};
}

function split(lost: Plane["data"], made: Plane["data"]): SplitError {
  let autoencoder = 0;
  let generator = 0;
  let product = 0;
  for (let i = 0; i < lost.length; i++) {
    autoencoder += lost[i] * lost[i];
    generator += made[i] * made[i];
    product += lost[i] * made[i];
  }
  return {autoencoder, generator, cross: 2 * product};
}

function difference(a: Plane, b: Plane): Plane {
  const data = new Float64Array(a.data.length);
  for (let i = 0; i < data.length; i++) data[i] = a.data[i] - b.data[i];
  return {data, width: a.width, height: a.height};
}
