import {describe, expect, it} from "vitest";
import {workersFor} from "../../loaders/studies/runLocally.js";
import type {Step} from "../../loaders/studies/step.js";

const steps = (count: number, memoryGiB: number) =>
  Array.from({length: count}, () => ({resources: {cores: 1, memoryGiB, minutes: 1}}) as Step);

describe("workersFor", () => {
  it("starts no more processes than there are cores, steps, or room in memory, and at least one", () => {
    expect(workersFor(steps(50, 1), "wasm", 16, 64)).toBe(16);
    expect(workersFor(steps(3, 1), "wasm", 16, 64)).toBe(3);
    expect(workersFor(steps(50, 4), "tfjs-node", 16, 20)).toBe(4);
    expect(workersFor(steps(50, 4), "tfjs-node", 16, 2)).toBe(1);
  });

  it("lets few share a GPU", () => {
    for (const engine of ["tfjs-node-gpu", "webgpu"] as const) expect(workersFor(steps(50, 1), engine, 16, 64)).toBe(4);
    expect(workersFor(steps(50, 1), "webgpu", 2, 64)).toBe(2);
  });
});
