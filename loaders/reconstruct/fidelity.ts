import {mae, mse, psnr} from "../../src/measures/fidelity.js";
import type {Plane} from "../../src/measures/image.js";
import {ssim} from "../../src/measures/ssim.js";

/** How far an image is from its reference. */
export interface Fidelity {
  readonly mse: number;
  readonly mae: number;
  /** null stands for infinity: the two are equal. */
  readonly psnr_db: number | null;
  /** null where the image is smaller than the window. */
  readonly ssim: number | null;
}

/** @throws RangeError when the sizes differ */
export function fidelity(reference: Plane, image: Plane): Fidelity {
  const decibel = psnr(reference, image);
  return {
    mse: mse(reference, image),
    mae: mae(reference, image),
    psnr_db: Number.isFinite(decibel) ? decibel : null,
    ssim: Math.min(reference.width, reference.height) < 11 ? null : ssim(reference, image)
  };
}

/** The columns of `fidelityCells`. */
export const fidelityHeader = "mse,mae,psnr_db,ssim_wang";

export function fidelityCells(f: Fidelity): string {
  return [f.mse, f.mae, f.psnr_db ?? "Infinity", f.ssim ?? ""].join(",");
}

/** A text as one cell of a CSV file. */
export function csvCell(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** `, mean PSNR 31.20 dB (without 2 exact ones)`, or nothing where there is no finite one. */
export function meanPsnr(all: readonly Fidelity[]): string {
  const finite = all.map((f) => f.psnr_db).filter((v) => v !== null);
  if (finite.length === 0) return "";
  const exact = all.length - finite.length;
  const mean = finite.reduce((sum, v) => sum + v, 0) / finite.length;
  return `, mean PSNR ${mean.toFixed(2)} dB${exact ? ` (without ${exact} exact ones)` : ""}`;
}
