import {type BandName, bands} from "./bands-data.js";

/** Where each band lies in the usual picture of a decomposition (Mallat 1989) of `size` pixels a side. */
export function pyramidPlaces(
  size: number
): Map<BandName, {readonly x: number; readonly y: number; readonly side: number}> {
  const offsets: Record<string, readonly [number, number]> = {LL: [0, 0], HL: [1, 0], LH: [0, 1], HH: [1, 1]};
  return new Map(
    bands.map((band) => {
      const side = size / 2 ** Number(band.slice(2));
      const [right, below] = offsets[band.slice(0, 2)];
      return [band, {x: right * side, y: below * side, side}];
    })
  );
}
