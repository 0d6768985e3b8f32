import {createHash} from "node:crypto";
import {readFileSync} from "node:fs";
import {describe, expect, it} from "vitest";
import {readMedical, readVolume} from "../../loaders/formats/index.js";
import {InputError} from "../../models/errors.js";
import {hasShared, shared} from "../support/shared.js";

interface Samples {
  samples?: {index: number[]; value: number}[];
}
interface Truth {
  kind: string;
  expect: string;
  shape: number[];
  affine: number[][];
  axcodes: string;
  scaled: Samples & {
    min: number;
    max: number;
    mean: number;
    std: number;
    magnitude?: {min: number; max: number; mean: number};
  };
  canonical_RAS?: Samples & {
    shape: number[];
    zooms: number[];
    mid_axial_index: number;
    mid_axial_sha256_float32_C_xy: string;
  };
}

describe.skipIf(!hasShared)("the NIfTI and MGH reference files", () => {
  const truth: Record<string, Truth> = hasShared ? JSON.parse(readFileSync(shared("formats/truth.json"), "utf8")) : {};
  const files = Object.entries(truth).filter(([, {kind}]) => kind === "nibabel");
  const readable = files.filter(([, facts]) => facts.expect === "ok");

  it("are 42 readable ones at least", () => expect(readable.length).toBeGreaterThanOrEqual(42));

  it.each(readable)("%s has nibabel's values, affine and canonical orientation", async (name, facts) => {
    const stored = await readMedical(shared(`formats/${name}`));
    expect([...stored.shape, stored.frames]).toEqual([...facts.shape, 1].slice(0, 4));
    expect(stored.orientation).toBe(facts.axcodes);
    expectClose(stored.affine!.flat(), facts.affine.flat());
    const statistics = facts.scaled.magnitude ?? facts.scaled;
    let [min, max, sum, n] = [Infinity, -Infinity, 0, 0];
    for (const value of stored.data) {
      if (!Number.isFinite(value)) continue;
      min = Math.min(min, value);
      max = Math.max(max, value);
      sum += value;
      n++;
    }
    expectClose([min, max, sum / n], [statistics.min, statistics.max, statistics.mean]);
    const [nx, ny, nz] = stored.shape;
    for (const {index, value} of facts.scaled.samples ?? []) {
      const [i, j, k, t = 0] = index;
      expect(stored.data[i + nx * (j + ny * (k + nz * t))]).toBe(Math.fround(value));
    }

    if (facts.canonical_RAS === undefined) return;
    const volume = await readVolume(shared(`formats/${name}`));
    const canonical = facts.canonical_RAS;
    expect([...volume.shape, volume.frames]).toEqual([...canonical.shape, 1].slice(0, 4));
    expectClose(volume.spacing, canonical.zooms);
    expect(volume.orientation).toBe("RAS");
    expect(sha256(midAxial(volume.data, volume.shape, canonical.mid_axial_index))).toBe(
      canonical.mid_axial_sha256_float32_C_xy
    );
    for (const {index, value} of canonical.samples ?? []) {
      const [i, j, k] = index;
      expect(volume.data[i + volume.shape[0] * (j + volume.shape[1] * k)]).toBe(Math.fround(value));
    }
  });

  it.each(files.filter(([, facts]) => facts.expect !== "ok"))("%s is refused in one sentence", async (name) => {
    const path = shared(`formats/${name}`);
    const started = process.cpuUsage();
    const error = await readVolume(path).then(
      () => undefined,
      (reason: unknown) => reason
    );
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(/^[^\n]{20,300}$/);
    expect((error as Error).message).toContain(path);
    const {user, system} = process.cpuUsage(started);
    expect((user + system) / 1000, "milliseconds").toBeLessThan(1000);
  });
});

/** Equal to five digits, and to 1e-5 near zero. */
function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of actual.entries()) {
    expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(expected[i])));
  }
}

/** v[:, :, k] as float32, x slowest, as the reference hashes it. */
function midAxial(data: ArrayLike<number>, [nx, ny]: readonly number[], k: number): Float32Array {
  const result = new Float32Array(nx * ny);
  for (let x = 0, to = 0; x < nx; x++) for (let y = 0; y < ny; y++) result[to++] = data[x + nx * (y + ny * k)];
  return result;
}

function sha256(data: Float32Array): string {
  return createHash("sha256").update(new Uint8Array(data.buffer)).digest("hex");
}
