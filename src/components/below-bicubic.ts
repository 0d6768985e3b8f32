import {fixed} from "./format.js";

/** What super-resolution and bicubic interpolation reach on one set, dB. */
export interface AgainstBicubic {
  readonly label: string;
  readonly bicubic: number;
  /** Of the super-resolution arms. */
  readonly arms: readonly number[];
}

/**
 * Where super-resolution does not reach bicubic interpolation, in a sentence that begins with `who`; null where every arm does on
 * every set.
 */
export function belowBicubic(sets: readonly AgainstBicubic[], who: string): string | null {
  const counted = sets
    .filter(({arms}) => arms.length > 0)
    .map((set) => ({...set, best: Math.max(...set.arms), reach: set.arms.filter((arm) => arm >= set.bicubic).length}));
  const short = counted.filter(({arms, reach}) => reach < arms.length);
  if (short.length === 0) return null;
  const parts = short.map(({label, bicubic, arms, best, reach}) => {
    const all = arms.length === 1 ? "" : `${reach === 0 ? "none" : reach} of ${arms.length} arms, `;
    return `${label} (${all}${arms.length === 1 ? "" : "the best "}${fixed(best, 2)} against ${fixed(bicubic, 2)} dB)`;
  });
  const sum = (of: (one: (typeof short)[number]) => number) => short.reduce((total, one) => total + of(one), 0);
  const share = sum(({reach}) => reach) / sum(({arms}) => arms.length);
  const verb = share === 0 ? "do not" : share < 0.5 ? "mostly do not" : "do not always";
  return `${who} ${verb} reach bicubic interpolation in PSNR against HR: ${parts.join("; ")}.`;
}
