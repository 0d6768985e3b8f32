import fc from "fast-check";
import {expect, test} from "vitest";
import {assign, cyclesOf} from "../../src/measures/assignment.js";

test("the assignment is the best of all permutations, whatever the prices it starts from", () => {
  const square = fc
    .integer({min: 1, max: 6})
    .chain((n) =>
      fc.tuple(
        fc.constant(n),
        fc.array(fc.integer({min: -20, max: 20}), {minLength: n * n, maxLength: n * n}),
        fc.array(fc.integer({min: -20, max: 20}), {minLength: n, maxLength: n})
      )
    );
  fc.assert(
    fc.property(square, ([n, values, prices]) => {
      const score = Float64Array.from(values);
      const best = Math.max(...permutations(n).map((p) => total(score, p)));
      for (const guess of [undefined, Float64Array.from(prices)]) {
        const permutation = [...assign(score, n, guess)];
        expect(permutation.toSorted()).toEqual(permutations(n)[0]);
        expect(total(score, permutation)).toBe(best);
      }
    }),
    {seed: 6}
  );
});

test("ties leave the identity, and scores that are no numbers are refused", () => {
  expect([...assign(new Float64Array(25), 5)]).toEqual([0, 1, 2, 3, 4]);
  expect([...assign(new Float64Array(0), 0)]).toEqual([]);
  expect(() => assign(Float64Array.of(1, Number.NaN, 1, 1), 2)).toThrow("score must be finite, not NaN");
  expect(() => assign(new Float64Array(3), 2)).toThrow("score must have 4 values, not 3");
});

test("cyclesOf names what moves", () => {
  expect(cyclesOf([0, 2, 1, 4, 5, 3])).toEqual([
    [1, 2],
    [3, 4, 5]
  ]);
  expect(cyclesOf([0, 1, 2])).toEqual([]);
});

function total(score: Float64Array, permutation: number[]): number {
  return permutation.reduce((sum, j, i) => sum + score[i * permutation.length + j], 0);
}

function permutations(n: number): number[][] {
  if (n === 0) return [[]];
  const shorter = permutations(n - 1);
  return Array.from({length: n}, (_, k) => k).flatMap((k) =>
    shorter.map((p) => [k, ...p.map((v) => (v >= k ? v + 1 : v))])
  );
}
