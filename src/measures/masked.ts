import {checkPair, checkPlane, checkSameSize} from "./check.js";
import {clampUnit, psnrFromMse} from "./fidelity.js";
import type {Plane} from "./image.js";
import {gaussianKernel} from "./moments.js";
import {ssimMap, ssimMinimumSide} from "./ssim.js";

/** Fidelity inside a region. */
export interface MaskedFidelity {
  /** Pixels in the region. */
  readonly pixels: number;
  readonly mse: number;
  readonly mae: number;
  /** dB, images clamped to [0, 1]; Infinity where they are equal in the region. */
  readonly psnr: number;
  /** Border-safe, see `maskedSsim`. */
  readonly ssim: number;
}

/**
 * Fidelity over the pixels of a region of interest (mask > 0.5): a tumour, or with `invertMask` its surroundings. Null
 * where the region is empty. @throws RangeError on differing sizes, NaN or infinities.
 */
export function maskedFidelity(hr: Plane, sr: Plane, mask: Plane): MaskedFidelity | null {
  checkAll(hr, sr, mask);
  const x = clampUnit(hr).data;
  const y = clampUnit(sr).data;
  let pixels = 0;
  let squares = 0;
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    if (!(mask.data[i] > 0.5)) continue;
    const d = y[i] - x[i];
    pixels++;
    squares += d * d;
    sum += Math.abs(d);
  }
  if (pixels === 0) return null;
  const mse = squares / pixels;
  return {pixels, mse, mae: sum / pixels, psnr: psnrFromMse(mse), ssim: maskedSsim(hr, sr, mask)!};
}

/**
 * SSIM over a region, safe at its border: the Gaussian window (11×11, σ 1.5) at each pixel of the region is cut to the region
 * and renormalised, so that nothing outside counts, nor anything beyond the image's edge. Population covariance, K₁ 0.01,
 * K₂ 0.03, range 1. With a region that is the whole image it differs from `wang` at the image's border only.
 * Null where the region is empty. @throws RangeError as `maskedFidelity`.
 */
export function maskedSsim(hr: Plane, sr: Plane, mask: Plane): number | null {
  checkAll(hr, sr, mask);
  const {width, height} = hr;
  const x = clampUnit(hr).data;
  const y = clampUnit(sr).data;
  const inside = Uint8Array.from(mask.data, (v) => (v > 0.5 ? 1 : 0));
  const kernel = gaussianKernel();
  const radius = 5;
  let sum = 0;
  let pixels = 0;
  for (let row = 0; row < height; row++) {
    const top = Math.max(0, row - radius);
    const bottom = Math.min(height - 1, row + radius);
    for (let column = 0; column < width; column++) {
      if (inside[row * width + column] === 0) continue;
      const left = Math.max(0, column - radius);
      const right = Math.min(width - 1, column + radius);
      let weight = 0;
      let meanX = 0;
      let meanY = 0;
      let squareX = 0;
      let squareY = 0;
      let product = 0;
      for (let r = top; r <= bottom; r++) {
        const wr = kernel[r - row + radius];
        for (let c = left; c <= right; c++) {
          const i = r * width + c;
          if (inside[i] === 0) continue;
          const w = wr * kernel[c - column + radius];
          const a = x[i];
          const b = y[i];
          weight += w;
          meanX += w * a;
          meanY += w * b;
          squareX += w * a * a;
          squareY += w * b * b;
          product += w * a * b;
        }
      }
      meanX /= weight;
      meanY /= weight;
      const varianceX = Math.max(0, squareX / weight - meanX * meanX);
      const varianceY = Math.max(0, squareY / weight - meanY * meanY);
      const covariance = product / weight - meanX * meanY;
      sum +=
        ((2 * meanX * meanY + C1) * (2 * covariance + C2)) /
        ((meanX * meanX + meanY * meanY + C1) * (varianceX + varianceY + C2));
      pixels++;
    }
  }
  return pixels === 0 ? null : sum / pixels;
}

/**
 * SSIM over a region as published: scikit-image's default SSIM (uniform 7×7) of the region's bounding box widened by 7
 * pixels, its map averaged over the region; windows reach out of the region. Null where the region is empty or the box
 * is smaller than the window. @throws RangeError as `maskedFidelity`.
 */
export function publishedMaskedSsim(hr: Plane, sr: Plane, mask: Plane): number | null {
  checkAll(hr, sr, mask);
  const box = boundingBox(mask, 7);
  if (box === null || Math.min(box.width, box.height) < ssimMinimumSide.skimage) return null;
  const map = ssimMap(crop(hr, box), crop(sr, box), "skimage")!;
  const region = crop(mask, box);
  let sum = 0;
  let pixels = 0;
  for (let i = 0; i < map.data.length; i++) {
    if (!(region.data[i] > 0.5)) continue;
    sum += map.data[i];
    pixels++;
  }
  return sum / pixels;
}

/** The rest of the image. */
export function invertMask({data, width, height}: Plane): Plane {
  return {data: Float32Array.from(data, (v) => (v > 0.5 ? 0 : 1)), width, height};
}

const C1 = 0.01 ** 2;
const C2 = 0.03 ** 2;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function boundingBox({data, width, height}: Plane, border: number): Box | null {
  let left = width;
  let right = -1;
  let top = height;
  let bottom = -1;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (!(data[i] > 0.5)) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  if (right < 0) return null;
  const x = Math.max(0, left - border);
  const y = Math.max(0, top - border);
  return {
    x,
    y,
    width: Math.min(width - 1, right + border) - x + 1,
    height: Math.min(height - 1, bottom + border) - y + 1
  };
}

function crop({data, width}: Plane, box: Box): Plane {
  const out = new Float64Array(box.width * box.height);
  for (let y = 0; y < box.height; y++) {
    for (let x = 0; x < box.width; x++) out[y * box.width + x] = data[(box.y + y) * width + box.x + x];
  }
  return {data: out, width: box.width, height: box.height};
}

function checkAll(hr: Plane, sr: Plane, mask: Plane): void {
  checkPair(hr, sr);
  checkPlane(mask, "mask");
  checkSameSize(hr, mask, "hr", "mask");
}
