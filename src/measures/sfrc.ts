import {checkInteger, checkNumber, checkPair} from "./check.js";
import {crossing, ringCorrelation} from "./frc.js";
import type {Plane} from "./image.js";

/** One tile of a scan. */
export interface Tile {
  readonly x: number;
  readonly y: number;
  /**
   * cycles/pixel at which the tile's ring correlation falls below the scan's threshold: 0 where one of the two images has
   * structure and the other none, the highest ring where it never falls; null where both are flat.
   */
  readonly frequency: number | null;
}

/** A scanning Fourier ring correlation. */
export interface TileScan {
  readonly size: number;
  readonly stride: number;
  readonly threshold: number;
  readonly tiles: readonly Tile[];
}

export interface ScanOptions {
  /** Side of a tile in pixels, 32 to 96 in the paper. */
  size?: number;
  /** Pixels from a tile to the next; half a tile unless told. */
  stride?: number;
  /** The correlation whose crossing is looked for. */
  threshold?: number;
  /** A tile whose standard deviation is below this (grey levels of [0, 1]) is flat. */
  flatSd?: number;
}

/**
 * Scanning FRC (Kc et al. 2026): the ring correlation of HR and SR in overlapping Hann-windowed tiles. Where SR shows what HR
 * does not, correlation is lost at a low frequency already. The mean of a tile is taken away before the window.
 * Null where the image is smaller than a tile. @throws RangeError on differing sizes, NaN or infinities, or bad options.
 */
export function scanRingCorrelation(
  hr: Plane,
  sr: Plane,
  {size = 64, stride = Math.max(1, size >> 1), threshold = 0.5, flatSd = 0.005}: ScanOptions = {}
): TileScan | null {
  checkInteger(size, "size", 4);
  checkInteger(stride, "stride", 1);
  checkNumber(flatSd, "flatSd", 0);
  checkPair(hr, sr);
  if (hr.width < size || hr.height < size) return null;
  const tiles: Tile[] = [];
  for (const y of offsets(hr.height, size, stride)) {
    for (const x of offsets(hr.width, size, stride)) {
      const a = centredTile(hr, x, y, size);
      const b = centredTile(sr, x, y, size);
      const flatA = a.sd < flatSd;
      const flatB = b.sd < flatSd;
      let frequency: number | null = null;
      if (flatA !== flatB) frequency = 0;
      else if (!flatA)
        frequency = crossing(ringCorrelation(a.plane, b.plane, {window: "hann"}), threshold)?.frequency ?? 0;
      tiles.push({x, y, frequency});
    }
  }
  return {size, stride, threshold, tiles};
}

/** The tiles whose crossing lies under `frequency` (cycles/pixel): set it by `calibrate` from planted lesions. */
export function flaggedTiles({tiles}: TileScan, frequency: number): Tile[] {
  checkNumber(frequency, "frequency", 0);
  return tiles.filter((tile) => tile.frequency !== null && tile.frequency < frequency);
}

/** Share of the tiles with structure that are flagged; null where no tile has any. */
export function flaggedShare(scan: TileScan, frequency: number): number | null {
  const n = scan.tiles.filter((tile) => tile.frequency !== null).length;
  return n === 0 ? null : flaggedTiles(scan, frequency).length / n;
}

/** The lowest crossing of all tiles, the worst place of the image; null where no tile has structure. */
export function lowestCrossing({tiles}: TileScan): number | null {
  let lowest: number | null = null;
  for (const {frequency} of tiles) {
    if (frequency !== null && (lowest === null || frequency < lowest)) lowest = frequency;
  }
  return lowest;
}

/** 0, stride, 2·stride, …, and the last place that fits. */
function offsets(length: number, size: number, stride: number): number[] {
  const places: number[] = [];
  for (let at = 0; at + size < length; at += stride) places.push(at);
  places.push(length - size);
  return places;
}

function centredTile({data, width}: Plane, x0: number, y0: number, size: number): {plane: Plane; sd: number} {
  const tile = new Float64Array(size * size);
  let mean = 0;
  for (let y = 0, i = 0; y < size; y++) {
    for (let x = 0; x < size; x++, i++) {
      tile[i] = data[(y0 + y) * width + x0 + x];
      mean += tile[i];
    }
  }
  mean /= tile.length;
  let squares = 0;
  for (let i = 0; i < tile.length; i++) {
    tile[i] -= mean;
    squares += tile[i] * tile[i];
  }
  return {plane: {data: tile, width: size, height: size}, sd: Math.sqrt(squares / tile.length)};
}
