import {createHash} from "node:crypto";
import {type AuditFeature, auditFeature} from "../../src/measures/audit.js";
import {bandErrorSplit, errorSplit} from "../../src/measures/error-split.js";
import type {Plane} from "../../src/measures/image.js";
import {invertMask, maskedFidelity} from "../../src/measures/masked.js";
import {measureImage} from "../../src/measures/measure-image.js";
import {Degradation, nullSpaceMeasures} from "../../src/measures/nullspace.js";
import {seedSpread} from "../../src/measures/seed-spread.js";
import {flaggedTiles, lowestCrossing, scanRingCorrelation} from "../../src/measures/sfrc.js";
import type {ImageRecord, ScanSummary} from "../../src/measures/tables/record.js";
import {type SeedSpreadRecord, seededArms} from "../../src/measures/tables/spread.js";
import {decodeImage} from "../images/index.js";
import {readMask} from "./masks.js";
import {readBytes} from "./read-bytes.js";
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
  /** Of each arm that has outputs of two seeds or more. */
  readonly spreads: readonly SeedSpreadRecord[];
  /** How far each SR or AE file that lay outside [0, 1] did so, by its path; its values were clamped. */
  readonly clamped: Readonly<Record<string, number>>;
  /** SHA-256 of each file read, by its path. */
  readonly hashes: Readonly<Record<string, string>>;
}

/** Why a record has no LPIPS before `addLpips` has seen it. */
export const lpipsAbsent = "needs AlexNet and LPIPS' heads (--lpips-backbone, --lpips-heads)";

/** A network overshoots by a little; an image in [-1, 1] or [0, 255] is a mistake that must not be clamped away. */
export const allowedOvershoot = 0.5;

/** Reads one HR image and all that was made of it, and measures. @throws InputError that names the file. */
export async function measureTask({
  id,
  patient,
  hr: hrPath,
  lr: lrPath,
  mask: maskPath,
  arms,
  factor,
  sfrc,
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
  const masked = typeof maskPath === "string" ? await readMask(maskPath) : null;
  if (masked !== null) hashes[maskPath as string] = masked.sha256;
  const size = ({width, height}: Plane) => `${width}×${height}`;
  const fits = (plane: Plane) => plane.width === hr.width && plane.height === hr.height;
  const mismatches: string[] = [];
  const records: ImageRecord[] = [];
  const features = {hr: auditFeature(hr), arms: [] as {arm: string; sr: AuditFeature}[]};
  const spreads: SeedSpreadRecord[] = [];
  if (lr !== null && (lr.width > hr.width || lr.height > hr.height)) {
    return {
      records,
      mismatches: [`${id}: lr has ${size(lr)} pixels, hr only ${size(hr)}`],
      features,
      spreads,
      clamped,
      hashes
    };
  }
  if (masked !== null && !fits(masked.plane)) {
    const mismatch = `${id}: mask has ${size(masked.plane)} pixels, hr ${size(hr)}`;
    return {records, mismatches: [mismatch], features, spreads, clamped, hashes};
  }
  const given: Given = {
    hr,
    lr,
    mask: masked === null ? (maskPath as {absent: string}) : masked.plane,
    factor,
    sfrc
  };
  // the outputs of an arm's seeds are kept until all of them are there
  const seeded = new Map(
    Array.from(seededArms(arms.map(({arm}) => arm)), ([arm, names]) => [arm, {names, samples: [] as Plane[]}])
  );
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
      records.push(measure({id, arm, patient}, given, sr, ae));
      for (const {names, samples} of seeded.values()) if (names.includes(arm)) samples.push(sr);
    }
  }
  for (const [arm, {samples}] of seeded) {
    if (samples.length < 2) continue;
    const {mean: _mean, sd: _sd, ...numbers} = seedSpread(hr, samples);
    spreads.push({id, arm, ...numbers});
  }
  return {records, mismatches, features, spreads, clamped, hashes};
}

/** What all arms of one image have in common. */
interface Given {
  readonly hr: Plane;
  readonly lr: Plane | null;
  readonly mask: Plane | {readonly absent: string};
  readonly factor: number | null;
  readonly sfrc: boolean;
}

function measure(
  {id, arm, patient}: {id: string; arm: string; patient: string | null},
  {hr, lr, mask, factor, sfrc}: Given,
  sr: Plane,
  ae: Plane | null
): ImageRecord {
  const m = measureImage(hr, sr, ae ?? undefined);
  const absent: Record<string, string> = {...m.absent};
  const nullSpace = measureNullSpace(hr, sr, lr, factor);
  if (typeof nullSpace === "string") absent.null_space = nullSpace;
  if (ae === null) absent.error_split = "needs the autoencoder's image";
  if (lr === null) absent.measurement_consistency = "needs the LR image (--lr)";
  const scan = sfrc ? scanTiles(hr, sr, lr, factor) : "was not asked for (--sfrc)";
  if (typeof scan === "string") absent.sfrc = scan;
  else if (scan.lowest === null) absent.sfrc_lowest = "no tile has structure";
  else if (scan.flagged === null)
    absent.sfrc_flagged = "needs the LR image (--lr) or the factor of down-sampling (--factor)";
  if ("absent" in mask) absent.region = mask.absent;
  const region =
    "absent" in mask ? null : {inside: maskedFidelity(hr, sr, mask), outside: maskedFidelity(hr, sr, invertMask(mask))};
  if (region?.inside === null) absent.region_inside = "the mask is zero everywhere";
  if (region?.outside === null) absent.region_outside = "the mask covers the whole image";
  absent.lpips = lpipsAbsent;
  const consistency = lr === null || typeof nullSpace === "string" ? null : nullSpace.consistency;
  return {
    id,
    arm,
    // field by field: what stands here is what the schema describes
    mse: m.mse,
    psnr: m.psnr,
    self_psnr: m.self_psnr,
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
    mean_hr: meanOf(hr),
    mean_sr: meanOf(sr),
    region,
    sfrc: typeof scan === "string" ? null : scan,
    lpips: null,
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

/** The summary of a scan, or why there is none. */
function scanTiles(hr: Plane, sr: Plane, lr: Plane | null, factor: number | null): ScanSummary | string {
  const scan = scanRingCorrelation(hr, sr, {size: TILE});
  if (scan === null) return `needs a side of at least ${TILE} pixels, the image has ${hr.width}×${hr.height}`;
  const shrunk = lr === null ? factor : Math.max(hr.width / lr.width, hr.height / lr.height);
  const limit = shrunk === null ? null : 1 / (2 * shrunk);
  return {
    tiles: scan.tiles.filter(({frequency}) => frequency !== null).length,
    lowest: lowestCrossing(scan),
    limit,
    flagged: limit === null ? null : flaggedTiles(scan, limit).length
  };
}

const TILE = 64;

function meanOf({data}: Plane): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i];
  return sum / data.length;
}
