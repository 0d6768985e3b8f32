import {expect} from "vitest";

/** |actual − expected| ≤ relative·|expected|; says by how much it is off. */
export function expectRelative(actual: number | null | undefined, expected: number, relative = 1e-12): void {
  const error = expected === 0 ? Math.abs(actual as number) : Math.abs((actual as number) / expected - 1);
  if (!(error <= relative)) {
    expect.fail(`${actual} differs from ${expected} by ${error} (relative), more than ${relative}`);
  }
}
