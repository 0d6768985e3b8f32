import {exp} from "../../../src/measures/elementary.js";

/** Weightings that the magnetic-resonance phantoms know. PDFS: proton density with fat suppression, usual at the knee. */
export type Contrast = "T1" | "T2" | "FLAIR" | "PD" | "PDFS";
export const CONTRASTS: readonly Contrast[] = ["T1", "T2", "FLAIR", "PD", "PDFS"];

/** Longitudinal and transverse relaxation times in ms at 1.5–3 T, proton density relative to water, share of it in fat. */
export interface Tissue {
  readonly t1: number;
  readonly t2: number;
  readonly pd: number;
  readonly fat?: number;
}

// Rounded from Bottomley 1984, Stanisz 2005 and Gold 2004, between 1.5 and 3 T.
export const TISSUES = {
  air: {t1: 1000, t2: 1, pd: 0},
  white: {t1: 800, t2: 76, pd: 0.7},
  grey: {t1: 1250, t2: 97, pd: 0.83},
  deepGrey: {t1: 1050, t2: 82, pd: 0.81},
  pallidum: {t1: 900, t2: 66, pd: 0.77},
  csf: {t1: 4000, t2: 1600, pd: 1},
  fat: {t1: 320, t2: 110, pd: 0.9, fat: 0.92},
  skin: {t1: 900, t2: 45, pd: 0.75},
  muscle: {t1: 1100, t2: 38, pd: 0.8},
  bone: {t1: 1000, t2: 2, pd: 0.12},
  diploe: {t1: 450, t2: 70, pd: 0.5, fat: 0.6},
  marrow: {t1: 380, t2: 95, pd: 0.82, fat: 0.85},
  cartilage: {t1: 1100, t2: 42, pd: 0.95},
  fluid: {t1: 3200, t2: 700, pd: 1},
  meniscus: {t1: 900, t2: 9, pd: 0.6},
  tendon: {t1: 800, t2: 4, pd: 0.5},
  ligament: {t1: 800, t2: 11, pd: 0.6},
  vesselWall: {t1: 1100, t2: 50, pd: 0.8},
  tumour: {t1: 1500, t2: 170, pd: 0.92},
  necrosis: {t1: 2400, t2: 350, pd: 0.97},
  oedema: {t1: 1350, t2: 145, pd: 0.9}
} satisfies Record<string, Tissue>;
export type TissueName = keyof typeof TISSUES;

/** Repetition, echo and inversion times in ms, and how well fat is suppressed. */
const SEQUENCES: Record<Contrast, {tr: number; te: number; ti?: number; suppression: number}> = {
  T1: {tr: 520, te: 13, suppression: 0},
  T2: {tr: 4200, te: 95, suppression: 0},
  FLAIR: {tr: 9000, te: 115, ti: 2400, suppression: 0},
  PD: {tr: 5000, te: 20, suppression: 0},
  PDFS: {tr: 3000, te: 28, suppression: 0.9}
};

/** Spin-echo signal of every tissue, relative to fully relaxed water: PD·(1 − e^(−TR/T1))·e^(−TE/T2), or with inversion. */
export function signals(contrast: Contrast): Record<TissueName, number> {
  const {tr, te, ti, suppression} = SEQUENCES[contrast];
  const entries = (Object.entries(TISSUES) as [TissueName, Tissue][]).map(([name, {t1, t2, pd, fat = 0}]) => {
    const relaxed = ti === undefined ? 1 - exp(-tr / t1) : Math.abs(1 - 2 * exp(-ti / t1) + exp(-tr / t1));
    return [name, pd * (1 - suppression * fat) * relaxed * exp(-te / t2)] as const;
  });
  return Object.fromEntries(entries) as Record<TissueName, number>;
}
