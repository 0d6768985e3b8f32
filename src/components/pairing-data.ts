import type {Convention} from "./convention.js";
import type {PairingRate} from "./pairing-rates.js";
import type {SiteIndex} from "./site-data.js";
import type {StudyResults, StudyRow} from "./study-data.js";

/** The site's own generators: means over all its images. */
export function sitePairing({arms, pairing}: Pick<SiteIndex, "arms" | "pairing">): PairingRate[] {
  return arms.flatMap(({id, label}) => {
    const own = pairing[id];
    if (own === undefined) return [];
    return ([true, false] as const).map((paired) => {
      const rates = paired ? own.paired : own.mispaired;
      return {arm: id, label, paired, ...rates, n: own.n};
    });
  });
}

/** A study's super-resolution arms on one dataset, those that it ran in both pairings. Means over images and seeds. */
export function studyPairing(
  {arms}: Pick<StudyResults, "arms">,
  rows: readonly StudyRow[],
  set: string,
  convention: Convention
): PairingRate[] {
  const [brighter, darker] =
    convention === "published" ? ["hallu_rate", "loss_rate"] : ["rate_brighter", "rate_darker"];
  return arms.flatMap(({id, label, kind}) => {
    if (kind !== "sr") return [];
    const sides = (["correct", "published-bug"] as const).map((pairing) => {
      const own = rows.filter((row) => row.arm === id && row.set === set && row.pairing === pairing);
      const mean = (measure: string) => {
        const values = own.flatMap((row) => (typeof row[measure] === "number" ? [row[measure]] : []));
        return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
      };
      const images = new Set(own.map(({image}) => image)).size;
      return {paired: pairing === "correct", brighter: mean(brighter), darker: mean(darker), n: images};
    });
    if (sides.some((side) => side.brighter === null || side.darker === null)) return [];
    return sides.map((side) => ({arm: id, label, ...side, brighter: side.brighter!, darker: side.darker!}));
  });
}
