import {expect, test} from "vitest";
import {beeswarm} from "../../src/components/beeswarm.js";
import {random} from "../../src/measures/random.js";

test("dots of a swarm do not overlap while there is room", () => {
  const chance = random("swarm", 1);
  const xs = Array.from({length: 150}, () => chance.normal(200, 60));
  const ys = beeswarm(xs, 3, 1000);
  let least = Infinity;
  for (let i = 0; i < xs.length; i++) {
    for (let k = 0; k < i; k++) least = Math.min(least, Math.hypot(xs[i] - xs[k], ys[i] - ys[k]));
  }
  expect(least).toBeGreaterThan(6 - 1e-3);
});

test("a swarm stays within its lane", () => {
  const xs = Array.from({length: 100}, () => 50);
  for (const y of beeswarm(xs, 3, 20)) expect(Math.abs(y)).toBeLessThanOrEqual(20);
});

test("a dot by itself lies on the centre line", () => {
  expect(beeswarm([10, 100, 200], 3, 20)).toEqual([0, 0, 0]);
});
