import {expect, test} from "vitest";
import {auditSite, textOrder} from "../../loaders/site/audit.js";
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
const inputs = Array.from({length: 14}, (_, i) => {
  const hr = picture(i);
  return {id: `i${i}`, set: "s", hr, outputs: new Map([["a", dimmed(hr)]])};
});

test("sorted as text, 10 comes before 2", () => {
  expect(textOrder(12)).toEqual([0, 1, 10, 11, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("outputs are found to belong to their images, and the mispaired ones not to", () => {
  const {arms, images, order} = auditSite(inputs);
  expect(images).toHaveLength(14);
  expect(arms.a.paired.verdict).toBe("paired");
  expect(arms.a.paired.top1).toBe(1);
  expect(arms.a.mispaired.verdict).toBe("mispaired");
  expect(arms.a.mispaired.sentence).toMatch(/text|lexicographic/i);
  expect(arms.a.mispaired.psnr).toBeLessThan(arms.a.paired.psnr - 10);
  expect(arms.a.correlation[3][3]).toBeCloseTo(1, 3);
  expect([...order].sort((a, b) => a - b)).toEqual(images.map((_, i) => i));
});

test("images of another size are left out", () => {
  const other = {id: "x", set: "s", hr: picture(99, 32), outputs: new Map([["a", picture(99, 32)]])};
  expect(auditSite([other, ...inputs]).images.map(({id}) => id)).not.toContain("x");
});
