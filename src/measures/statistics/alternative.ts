/** The side of a test: the true difference is not 0, above 0, or below 0. */
export type Alternative = "two-sided" | "greater" | "less";

/** @throws RangeError when the text is none of the three. */
export function requireAlternative(alternative: string): asserts alternative is Alternative {
  if (alternative !== "two-sided" && alternative !== "greater" && alternative !== "less") {
    throw new RangeError(`invalid alternative: ${alternative}; it must be two-sided, greater or less`);
  }
}

/** A p-value and its logarithm; the logarithm stays finite where p underflows to 0. */
export interface Significance {
  readonly p: number;
  readonly log10p: number;
}

/** From a natural logarithm; never above 1. */
export function significance(logP: number): Significance {
  const capped = Math.min(0, logP);
  return {p: Math.exp(capped), log10p: capped === 0 ? 0 : capped / Math.LN10};
}

/** The p-value of a symmetric statistic (z or t, larger = greater) from its log survival function. */
export function tailSignificance(
  statistic: number,
  alternative: Alternative,
  logSf: (x: number) => number
): Significance {
  if (alternative === "two-sided") return significance(Math.LN2 + logSf(Math.abs(statistic)));
  return significance(logSf(alternative === "greater" ? statistic : -statistic));
}
