/** A receiver operating characteristic. */
export interface Roc {
  /** From (0, 0) to (1, 1): share of the negatives, and of the positives, whose score is at least `threshold`. */
  readonly points: readonly {
    readonly threshold: number;
    readonly falsePositive: number;
    readonly truePositive: number;
  }[];
  /** Area under the curve: the chance that a positive scores higher than a negative, ties half. 0.5 knows nothing. */
  readonly auc: number;
}

/**
 * ROC of a score that is meant to be higher for positives. Null where one of the classes is empty. Infinities are
 * ranked; @throws RangeError on NaN.
 */
export function roc(negatives: readonly number[], positives: readonly number[]): Roc | null {
  if (negatives.length === 0 || positives.length === 0) return null;
  const all = [
    ...negatives.map((score) => ({score, positive: false})),
    ...positives.map((score) => ({score, positive: true}))
  ];
  for (const {score} of all) if (Number.isNaN(score)) throw new RangeError("scores must be numbers, not NaN");
  all.sort((a, b) => (a.score === b.score ? 0 : a.score > b.score ? -1 : 1));
  const points = [{threshold: Infinity, falsePositive: 0, truePositive: 0}];
  let auc = 0;
  let fp = 0;
  let tp = 0;
  for (let i = 0; i < all.length; ) {
    const {score} = all[i];
    const [fp0, tp0] = [fp, tp];
    for (; i < all.length && all[i].score === score; i++) {
      if (all[i].positive) tp++;
      else fp++;
    }
    auc += ((fp - fp0) * (tp + tp0)) / 2;
    points.push({threshold: score, falsePositive: fp / negatives.length, truePositive: tp / positives.length});
  }
  return {points, auc: auc / (negatives.length * positives.length)};
}
