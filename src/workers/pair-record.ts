import type {Plane} from "../measures/image.js";
import {type ImageMeasures, measureImage} from "../measures/measure-image.js";
import {Degradation, nullSpaceMeasures} from "../measures/nullspace.js";
import {flaggedTiles, lowestCrossing, scanRingCorrelation} from "../measures/sfrc.js";
import type {ImageRecord} from "../measures/tables/record.js";

/** How much smaller the low-resolution image is taken to be, along each side. */
export const assumedFactor = 4;
const tile = 64;

/**
 * Every measure that a pair alone can have, as `bandscope analyse` records it. What needs more than a pair (an autoencoder's
 * image, a mask, AlexNet) is null, and `absent` says why. The low-resolution image is taken to be HR reduced fourfold by
 * antialiased bicubic resampling.
 */
export function pairRecord(hr: Plane, sr: Plane, id: string, arm: string): ImageRecord {
  const m: ImageMeasures = measureImage(hr, sr);
  const absent: Record<string, string> = {...m.absent};
  const {width, height} = hr;
  let nullSpace: ImageRecord["null_space"] = null;
  if (width % assumedFactor !== 0 || height % assumedFactor !== 0) {
    absent.null_space = `the sides of ${width}×${height} are not multiples of ${assumedFactor}`;
  } else {
    const degradation = new Degradation(width, height, width / assumedFactor, height / assumedFactor);
    const found = nullSpaceMeasures(degradation, hr, sr);
    nullSpace = {...found, free_psnr: Number.isNaN(found.free_psnr) ? null : found.free_psnr};
  }
  const scan = Math.min(width, height) < tile ? null : scanRingCorrelation(hr, sr, {size: tile});
  if (scan === null) absent.sfrc = `needs a side of at least ${tile} pixels, the image has ${width}×${height}`;
  const limit = 1 / (2 * assumedFactor);
  absent.measurement_consistency = "needs the LR image";
  absent.error_split = "needs the autoencoder’s own reconstruction of HR";
  absent.region = "needs a mask";
  absent.lpips = "needs AlexNet’s weights";
  return {
    ...m,
    id,
    arm,
    patient: null,
    width,
    height,
    null_space: nullSpace,
    measurement_consistency: null,
    error_split: null,
    mean_hr: mean(hr),
    mean_sr: mean(sr),
    region: null,
    sfrc:
      scan === null
        ? null
        : {
            tiles: scan.tiles.filter(({frequency}) => frequency !== null).length,
            lowest: lowestCrossing(scan),
            limit,
            flagged: flaggedTiles(scan, limit).length
          },
    lpips: null,
    absent
  };
}

function mean({data}: Plane): number {
  let sum = 0;
  for (const value of data) sum += value;
  return sum / data.length;
}
