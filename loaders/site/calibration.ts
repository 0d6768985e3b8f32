import type {SiteCalibration, SiteRoc} from "../../src/components/site-data.js";
import {calibrate, type Lesion} from "../../src/measures/calibrate.js";
import type {Image} from "../../src/measures/image.js";
import type {Roc} from "../../src/measures/roc.js";

/** What is planted: nothing that a threshold could miss, something faint, and the dark twin that the study's words call a loss. */
export const planted: readonly (Lesion & {readonly id: string; readonly label: string})[] = [
  {id: "bright", label: "bright lesion, contrast +0.2, 8 pixels wide", contrast: 0.2, diameter: 8},
  {id: "faint", label: "faint lesion, contrast +0.08, 8 pixels wide", contrast: 0.08, diameter: 8},
  {id: "dark", label: "dark lesion, contrast −0.2, 8 pixels wide", contrast: -0.2, diameter: 8}
];

export const noise = 0.02;
export const blur = 1;

/** ROC of every score for every planted lesion. */
export function calibrations(images: readonly Image[]): SiteCalibration["lesions"] {
  return planted.map((lesion) => ({
    ...lesion,
    scores: calibrate(images, {lesion, noise, blur, seed: 1}).map(({score, against, inNoise, inBlur}) => ({
      score,
      against: corners(against),
      inNoise: corners(inNoise),
      inBlur: corners(inBlur)
    }))
  }));
}

/** The points where the curve turns. */
function corners(roc: Roc | null): SiteRoc | null {
  if (roc === null) return null;
  const round = (value: number) => Math.round(value * 1e4) / 1e4;
  const points = roc.points.map(
    ({falsePositive, truePositive}) => [round(falsePositive), round(truePositive)] as const
  );
  const kept = points.filter(([x, y], i) => {
    if (i === 0 || i === points.length - 1) return true;
    const [x0, y0] = points[i - 1];
    const [x1, y1] = points[i + 1];
    return Math.abs((x - x0) * (y1 - y) - (x1 - x) * (y - y0)) > 1e-12;
  });
  return {auc: round(roc.auc), points: kept};
}
