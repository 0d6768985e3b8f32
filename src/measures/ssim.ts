import {checkPair} from "./check.js";
import type {Extension} from "./extend.js";
import type {Plane} from "./image.js";
import {gaussianKernel, type LocalMoments, localMoments, uniformKernel} from "./moments.js";

/**
 * Three SSIMs that papers all call SSIM. K₁ = 0.01, K₂ = 0.03, range 1 in each.
 * - `wang`: Gaussian window 11×11, σ 1.5, population covariance, mean over the pixels whose window lies inside the image
 *   (Wang et al., IEEE TIP 2004; scikit-image with `gaussian_weights=True, sigma=1.5, use_sample_covariance=False`).
 * - `skimage`: uniform window 7×7, sample covariance, mean over the inside (scikit-image's own default).
 * - `torchmetrics`: the Gaussian window, the image reflected past its border, mean over every pixel (torchmetrics 1.9).
 */
export type SsimFlavour = "wang" | "skimage" | "torchmetrics";
export const ssimFlavours: readonly SsimFlavour[] = ["wang", "skimage", "torchmetrics"];

interface Recipe {
  readonly kernel: Float64Array;
  readonly extension: Extension;
  /** Variances are multiplied by this: n/(n−1) for sample covariance. */
  readonly covarianceNorm: number;
  /** How many pixels at each side are left out of the mean. */
  readonly crop: number;
}

const recipes: Record<SsimFlavour, Recipe> = {
  wang: {kernel: gaussianKernel(), extension: "symmetric", covarianceNorm: 1, crop: 5},
  skimage: {kernel: uniformKernel(7), extension: "symmetric", covarianceNorm: 49 / 48, crop: 3},
  torchmetrics: {kernel: gaussianKernel(), extension: "reflect", covarianceNorm: 1, crop: 0}
};

const C1 = 0.01 ** 2;
const C2 = 0.03 ** 2;

/** The least side for which a flavour is defined. */
export const ssimMinimumSide: Record<SsimFlavour, number> = {wang: 11, skimage: 7, torchmetrics: 6};

/**
 * Structural similarity of two images in [0, 1]. Null where a side is shorter than `ssimMinimumSide` (the window
 * does not fit). @throws RangeError on differing sizes, NaN or infinities, or an unknown flavour.
 */
export function ssim(hr: Plane, sr: Plane, flavour: SsimFlavour = "wang"): number | null {
  const {crop} = recipeOf(flavour);
  checkPair(hr, sr);
  if (Math.min(hr.width, hr.height) < ssimMinimumSide[flavour]) return null;
  return insideMean(ssimPlane(hr, sr, flavour), crop);
}

/**
 * The SSIM at every pixel, border included (there the images are extended as the flavour's own implementation does).
 * Null and errors as `ssim`.
 */
export function ssimMap(hr: Plane, sr: Plane, flavour: SsimFlavour = "wang"): Plane | null {
  recipeOf(flavour);
  checkPair(hr, sr);
  if (Math.min(hr.width, hr.height) < ssimMinimumSide[flavour]) return null;
  return ssimPlane(hr, sr, flavour);
}

/** Means over the pixels of one scale: what SSIM and MS-SSIM are made of. */
export interface StructureMeans {
  /** Mean SSIM over the pixels whose window lies inside (`wang`); NaN where there are none. */
  readonly insideSsim: number;
  /** Mean SSIM over all pixels, the image reflected past its border (`torchmetrics`). */
  readonly ssim: number;
  /** Mean of the contrast-structure term over the inside, as torchmetrics takes it for MS-SSIM; NaN as above. */
  readonly insideContrast: number;
}

/** All three means from one pass: the inner pixels do not depend on how the border is extended. */
export function structureMeans(hr: Plane, sr: Plane): StructureMeans {
  const {kernel, extension} = recipes.torchmetrics;
  const moments = localMoments(hr, sr, kernel, extension);
  const {width, height} = hr;
  const {crop} = recipes.wang;
  let inside = 0;
  let all = 0;
  let contrast = 0;
  for (let y = 0, i = 0; y < height; y++) {
    const innerRow = y >= crop && y < height - crop;
    for (let x = 0; x < width; x++, i++) {
      const cs = contrastStructure(moments, i, 1);
      const s = cs * luminance(moments, i);
      all += s;
      if (innerRow && x >= crop && x < width - crop) {
        inside += s;
        contrast += cs;
      }
    }
  }
  const n = width * height;
  const nInside = Math.max(0, width - 2 * crop) * Math.max(0, height - 2 * crop);
  return {insideSsim: inside / nInside, ssim: all / n, insideContrast: contrast / nInside}; // 0/0 is NaN
}

function ssimPlane(hr: Plane, sr: Plane, flavour: SsimFlavour): Plane {
  const {kernel, extension, covarianceNorm} = recipes[flavour];
  const moments = localMoments(hr, sr, kernel, extension);
  const data = new Float64Array(hr.data.length);
  for (let i = 0; i < data.length; i++) data[i] = luminance(moments, i) * contrastStructure(moments, i, covarianceNorm);
  return {data, width: hr.width, height: hr.height};
}

function luminance({meanX, meanY}: LocalMoments, i: number): number {
  const a = meanX[i];
  const b = meanY[i];
  return (2 * a * b + C1) / (a * a + b * b + C1);
}

function contrastStructure({meanX, meanY, meanSquares, meanProduct}: LocalMoments, i: number, norm: number): number {
  const a = meanX[i];
  const b = meanY[i];
  const covariance = norm * (meanProduct[i] - a * b);
  // rounding can leave a variance of −1e-17 on a constant patch
  const variances = Math.max(0, norm * (meanSquares[i] - a * a - b * b));
  return (2 * covariance + C2) / (variances + C2);
}

function insideMean({data, width, height}: Plane, crop: number): number {
  let sum = 0;
  for (let y = crop; y < height - crop; y++) {
    for (let x = crop; x < width - crop; x++) sum += data[y * width + x];
  }
  return sum / ((width - 2 * crop) * (height - 2 * crop));
}

function recipeOf(flavour: SsimFlavour): Recipe {
  if (!Object.hasOwn(recipes, flavour)) {
    throw new RangeError(`invalid SSIM flavour: ${flavour} (there are ${ssimFlavours.join(", ")})`);
  }
  return recipes[flavour];
}
