import {InputError} from "../../models/errors.js";
import {auditFeature, PairingAudit, type PairingReport} from "../../src/measures/audit.js";
import {type ImageFile, listImages, readImage} from "../images/index.js";

/** A pairing audit of two sets of files. */
export interface FolderAudit extends PairingReport {
  /** Ids without a partner: they are not part of the audit. */
  readonly missing: {readonly hr: readonly string[]; readonly sr: readonly string[]};
}

/**
 * Audits the pairing, by id, of the images under `hr` with those under `sr` (folders, files or lists).
 * @throws InputError when no id is in both, a file cannot be read, or a pair's sizes differ.
 */
export async function auditFolders(
  hr: readonly string[],
  sr: readonly string[],
  {recursive = false, onPair}: {recursive?: boolean; onPair?: (done: number, total: number) => void} = {}
): Promise<FolderAudit> {
  const [hrFiles, srFiles] = [listImages(hr, {recursive}), listImages(sr, {recursive})];
  const srById = new Map(srFiles.map((file) => [file.id, file]));
  const hrIds = new Set(hrFiles.map(({id}) => id));
  const pairs = hrFiles.filter(({id}) => srById.has(id)).map((file) => [file, srById.get(file.id)!] as const);
  if (pairs.length === 0) {
    throw new InputError(
      `no image in ${hr.join(", ")} (${some(hrFiles)}) has the name of one in ${sr.join(", ")} (${some(srFiles)})`
    );
  }
  const audit = new PairingAudit();
  let done = 0;
  for (const [hrFile, srFile] of pairs) {
    const [a, b] = await Promise.all([readImage(hrFile.path), readImage(srFile.path, {overshoot: 0.5})]);
    if (a.width !== b.width || a.height !== b.height) {
      throw new InputError(
        `${srFile.path} has ${b.width}×${b.height} pixels, ${hrFile.path} has ${a.width}×${a.height}: a pair must have one size`
      );
    }
    audit.addFeatures(hrFile.id, auditFeature(a), auditFeature(b));
    onPair?.(++done, pairs.length);
  }
  return {
    ...audit.report(),
    missing: {
      hr: srFiles.filter(({id}) => !hrIds.has(id)).map(({id}) => id),
      sr: hrFiles.filter(({id}) => !srById.has(id)).map(({id}) => id)
    }
  };
}

/** Exit status of `bandscope audit`: 3 when the images don't belong together. */
export function auditStatus({verdict}: PairingReport): 0 | 3 {
  return verdict === "mispaired" || verdict === "unrelated" ? 3 : 0;
}

function some(files: readonly ImageFile[]): string {
  const names = files.slice(0, 2).map(({id}) => id);
  return `${names.join(", ")}${files.length > 2 ? ", …" : ""}`;
}
