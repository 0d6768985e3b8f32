import {createHash} from "node:crypto";
import {readFile} from "node:fs/promises";
import {InputError} from "../../models/errors.js";
import {type AuditFeature, auditFeature} from "../../src/measures/audit.js";
import {bandErrorSplit, errorSplit} from "../../src/measures/error-split.js";
import type {Plane} from "../../src/measures/image.js";
import {measureImage} from "../../src/measures/measure-image.js";
import {Degradation, nullSpaceMeasures} from "../../src/measures/nullspace.js";
import type {ImageRecord} from "../../src/measures/tables/record.js";
import {decodeImage} from "../images/index.js";
import type {Task} from "./task.js";

export interface TaskResult {
  readonly records: readonly ImageRecord[];
  /** "ID: sr NAME has 128×128 pixels, hr 256×256", for pairs that could not be measured. */
  readonly mismatches: readonly string[];
  /** What the pairing audit keeps of HR and of each measured arm. */
  readonly features: {
    readonly hr: AuditFeature;
    readonly arms: readonly {readonly arm: string; readonly sr: AuditFeature}[];
  };
  /** How far each SR or AE file that lay outside [0, 1] did so, by its path; its values were clamped. */
  readonly clamped: Readonly<Record<string, number>>;
  /** SHA-256 of each file read, by its path. */
  readonly hashes: Readonly<Record<string, string>>;
}

/** A network overshoots by a little; an image in [-1, 1] or [0, 255] is a mistake that must not be clamped away. */
export const allowedOvershoot = 0.5;

/** Reads one HR image and all that was made of it, and measures. @throws InputError that names the file. */
export async function measureTask({
  id,
  patient,
  hr: hrPath,
  lr: lrPath,
  arms,
  factor,
  sizesOnly
}: Task): Promise<TaskResult> {
  const hashes: Record<string, string> = {};
  const clamped: Record<string, number> = {};
  const read = async (path: string, overshoot = 0): Promise<Plane> => {
    const bytes = await readBytes(path);
    hashes[path] = createHash("sha256").update(bytes).digest("hex");
    const plane = await decodeImage(bytes, path, {overshoot});
    if (plane.clamped !== undefined) clamped[path] = plane.clamped;
    return {...plane, data: Float64Array.from(plane.data)}; // one kind of array is measured a tenth faster than two
  };
  const hr = await read(hrPath);
  const lr = lrPath === null ? null : await read(lrPath);
  const size = ({width, height}: Plane) => `${width}×${height}`;
  const fits = (plane: Plane) => plane.width === hr.width && plane.height === hr.height;
  const mismatches: string[] = [];
  const records: ImageRecord[] = [];
  const features = {hr: auditFeature(hr), arms: [] as {arm: string; sr: AuditFeature}[]};
  if (lr !== null && (lr.width > hr.width || lr.height > hr.height)) {
    return {records, mismatches: [`${id}: lr has ${size(lr)} pixels, hr only ${size(hr)}`], features, clamped, hashes};
  }
  let lastAe: {path: string; plane: Plane} | undefined;
  for (const {arm, sr: srPath, ae: aePath} of arms) {
    const sr = await read(srPath, allowedOvershoot);
    // one autoencoder may serve all arms
    if (aePath !== null && lastAe?.path !== aePath)
      lastAe = {path: aePath, plane: await read(aePath, allowedOvershoot)};
    const ae = aePath === null ? null : lastAe!.plane;
    if (!fits(sr)) mismatches.push(`${id}: sr ${arm} has ${size(sr)} pixels, hr ${size(hr)}`);
    else if (ae !== null && !fits(ae)) mismatches.push(`${id}: ae ${arm} has ${size(ae)} pixels, hr ${size(hr)}`);
    else if (!sizesOnly) {
      features.arms.push({arm, sr: auditFeature(sr)});
      records.push(measure({id, arm, patient}, hr, sr, ae, lr, factor));
    }
  }
  return {records, mismatches, features, clamped, hashes};
}

function measure(
  {id, arm, patient}: {id: string; arm: string; patient: string | null},
  hr: Plane,
  sr: Plane,
  ae: Plane | null,
  lr: Plane | null,
  factor: number | null
): ImageRecord {
  const m = measureImage(hr, sr, ae ?? undefined);
  const absent: Record<string, string> = {...m.absent};
  const nullSpace = measureNullSpace(hr, sr, lr, factor);
  if (typeof nullSpace === "string") absent.null_space = nullSpace;
  if (ae === null) absent.error_split = "needs the autoencoder's image";
  if (lr === null) absent.measurement_consistency = "needs the LR image (--lr)";
  const consistency = lr === null || typeof nullSpace === "string" ? null : nullSpace.consistency;
  return {
    id,
    arm,
    // field by field: what stands here is what the schema describes
    mse: m.mse,
    psnr: m.psnr,
    ssim: m.ssim,
    ms_ssim: m.ms_ssim,
    bands: m.bands,
    radial_log_power: m.radial_log_power,
    hallucination: m.hallucination,
    patient,
    width: hr.width,
    height: hr.height,
    mae: m.mae,
    rmse: m.rmse,
    nrmse: m.nrmse,
    ssim_skimage: m.ssim_skimage,
    ssim_torchmetrics: m.ssim_torchmetrics,
    bands_exact: m.bands_exact,
    frc: m.frc,
    threshold_rates: m.threshold_rates,
    null_space: typeof nullSpace === "string" ? null : nullSpace,
    measurement_consistency: consistency,
    error_split: ae === null ? null : {...errorSplit(hr, sr, ae), bands: bandErrorSplit(hr, sr, ae)},
    absent
  };
}

/** The measures, or why there are none. */
function measureNullSpace(hr: Plane, sr: Plane, lr: Plane | null, factor: number | null) {
  if (lr === null && factor === null) return "needs the LR image (--lr) or the factor of down-sampling (--factor)";
  if (lr === null && (hr.width % factor! !== 0 || hr.height % factor! !== 0)) {
    return `the factor ${factor} does not divide ${hr.width}×${hr.height}`;
  }
  try {
    const [width, height] = lr === null ? [hr.width / factor!, hr.height / factor!] : [lr.width, lr.height];
    const result = nullSpaceMeasures(new Degradation(hr.width, hr.height, width, height), hr, sr, lr ?? undefined);
    return {...result, free_psnr: Number.isNaN(result.free_psnr) ? null : result.free_psnr};
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new InputError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`, {cause: error});
  }
}
