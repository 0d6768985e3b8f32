import {expect, test} from "vitest";
import {auditOutputs, listPlaces, longestList, ofCommonSize, peakOf} from "../../loaders/site/audit.js";
import {textOrder} from "../../loaders/site/text-order.js";
import type {Plane} from "../../src/measures/image.js";
import {random} from "../../src/measures/random.js";

/** Smooth blobs, different for each seed. */
function picture(seed: number, side = 64): Plane {
  const source = random("picture", seed);
  const blobs = Array.from({length: 6}, () => [source.uniform(), source.uniform(), 0.05 + 0.15 * source.uniform()]);
  const data = Float32Array.from({length: side * side}, (_, i) => {
    const [x, y] = [(i % side) / side, Math.floor(i / side) / side];
    return Math.min(
      1,
      blobs.reduce((sum, [u, v, r]) => sum + 0.5 * Math.exp(-((x - u) ** 2 + (y - v) ** 2) / r ** 2), 0)
    );
  });
  return {data, width: side, height: side};
}
const dimmed = ({data, ...size}: Plane): Plane => ({data: data.map((v) => 0.97 * v), ...size});
const inputs = (n: number, output = (i: number) => i) =>
  Array.from({length: n}, (_, i) => ({id: `i${i}`, hr: () => picture(i), output: () => dimmed(picture(output(i)))}));

test("sorted as text, 10 comes before 2", () => {
  expect(textOrder(12)).toEqual([0, 1, 10, 11, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("outputs are found to belong to their images, and the mispaired ones not to", () => {
  const {correlation, paired, mispaired} = auditOutputs(inputs(14), listPlaces(14));
  expect(paired).toMatchObject({verdict: "paired", top1: 1, mispaired: [], mispairedInAll: 0});
  expect(mispaired.verdict).toBe("mispaired");
  expect(mispaired.sentence).toMatch(/text|lexicographic/i);
  expect(mispaired.psnr).toBeLessThan(paired.psnr - 10);
  expect(correlation).toHaveLength(14);
  expect(correlation[3][3]).toBeCloseTo(1, 3);
});

test("of many images all are audited, and a list of few is kept with the outputs that are elsewhere", () => {
  // two outputs changed places, neither of them in the list
  const {correlation, paired} = auditOutputs(
    inputs(14, (i) => (i === 5 ? 7 : i === 7 ? 5 : i)),
    [0, 4, 8, 12]
  );
  expect(correlation.map((row) => row.length)).toEqual([4, 4, 4, 4]);
  expect(paired.verdict).toBe("mispaired");
  expect(paired.sentence).toContain("2 of 14");
  expect(paired.mispaired).toEqual([
    {id: "i5", belongsTo: "i7"},
    {id: "i7", belongsTo: "i5"}
  ]);
  expect(listPlaces(3)).toEqual([0, 1, 2]);
  expect(listPlaces(2000)).toHaveLength(longestList);
  expect(new Set(listPlaces(2000)).size).toBe(longestList);
});

test("the peak is the largest mean of an 8×8 block", () => {
  const data = new Float32Array(32 * 32).fill(0.25);
  for (let y = 8; y < 16; y++) for (let x = 16; x < 24; x++) data[y * 32 + x] = 0.75;
  expect(peakOf({data, width: 32, height: 32})).toBeCloseTo(0.75, 4);
});

test("images of another size than most are left out", () => {
  const size = (side: number) => ({width: side, height: side});
  expect(ofCommonSize([size(32), size(64), size(64)])).toEqual([size(64), size(64)]);
});
