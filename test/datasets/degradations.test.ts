import {readFileSync} from "node:fs";
import {describe, expect, it} from "vitest";
import {DEGRADATION_KINDS, Degrader, parseDegradation} from "../../loaders/datasets/degradations/index.js";
import {phantom} from "../../loaders/datasets/phantoms/index.js";
import {decodeNpy} from "../../loaders/images/index.js";
import {Degradation} from "../../src/measures/nullspace.js";
import {random} from "../../src/measures/random.js";
import {hasShared, shared} from "../support/shared.js";

const noise = (width: number, height: number, seed = "image") => {
  const r = random(seed);
  return {id: seed, width, height, data: Float32Array.from({length: width * height}, () => r.uniform())};
};
const energyOf = (a: ArrayLike<number>) => Array.from(a).reduce((sum, v) => sum + v * v, 0);
const largest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((m, v, k) => Math.max(m, Math.abs(v - b[k])), 0);

describe.each(DEGRADATION_KINDS)("the degradation %s", (kind) => {
  const degrader = new Degrader({kind, factor: 4, bits: "float"});

  it("keeps a constant image (its rows sum to 1)", () => {
    const {data} = degrader.linear({data: new Float32Array(48 * 32).fill(0.4), width: 48, height: 32});
    expect(largest(data, new Float32Array(data.length).fill(0.4))).toBeLessThan(1e-7);
  });

  it("has a D⁺ that meets the four Penrose conditions", () => {
    const {rows, inverse} = degrader.axis(48);
    const {from: n, to: m} = rows;
    const D = Array.from({length: m}, (_, i) => {
      const row = new Array<number>(n).fill(0);
      rows.weights[i].forEach((w, k) => {
        row[rows.start[i] + k] = w;
      });
      return row;
    });
    const P = Array.from({length: n}, (_, i) => Array.from(inverse.subarray(i * m, (i + 1) * m)));
    const times = (a: number[][], b: number[][]) =>
      a.map((row) => b[0].map((_, j) => row.reduce((sum, v, k) => sum + v * b[k][j], 0)));
    const DP = times(D, P);
    const PD = times(P, D);
    expect(largest(times(DP, D).flat(), D.flat())).toBeLessThan(1e-9);
    expect(largest(times(PD, P).flat(), P.flat())).toBeLessThan(1e-9);
    const transposed = (a: number[][]) => a[0].map((_, j) => a.map((row) => row[j]));
    expect(largest(DP.flat(), transposed(DP).flat())).toBeLessThan(1e-9);
    expect(largest(PD.flat(), transposed(PD).flat())).toBeLessThan(1e-9);
  });

  it("sees all of the measured part and nothing of the invented part", () => {
    const image = noise(64, 48);
    const low = degrader.linear(image);
    expect(largest(degrader.linear(degrader.measured(image)).data, low.data)).toBeLessThan(1e-9);
    expect(largest(degrader.linear(degrader.invented(image)).data, new Float64Array(low.data.length))).toBeLessThan(
      1e-9
    );
  });

  it("gives multiples of 1/255 in 8 bit, within rounding of the float result", () => {
    const image = noise(64, 64);
    const low = new Degrader({kind, factor: 4}).apply(image);
    expect(low.id).toBe(image.id);
    expect(
      largest(
        low.data.map((v) => Math.round(v * 255) / 255),
        low.data
      )
    ).toBeLessThan(1e-7);
    const float = degrader.linear(image).data.map((v) => Math.min(1, Math.max(0, v)));
    expect(largest(low.data, float)).toBeLessThan(2.5 / 255);
  });
});

describe("degradations", () => {
  it("agree with the null-space measures for bicubic", () => {
    const image = noise(64, 48);
    const a = new Degrader({kind: "bicubic", factor: 4, bits: "float"});
    const b = new Degradation(64, 48, 16, 12, "bicubic");
    expect(largest(a.linear(image).data, b.apply(image).data)).toBeLessThan(1e-12);
    expect(largest(a.measured(image).data, b.measured(image).data)).toBeLessThan(1e-9);
  });

  it("truncate k-space: a low frequency passes whole, a high one not at all", () => {
    const kspace = new Degrader({kind: "kspace", factor: 4, bits: "float"});
    const wave = (cycles: number) => ({
      width: 64,
      height: 64,
      data: Float64Array.from({length: 64 * 64}, (_, k) => Math.cos((2 * Math.PI * cycles * ((k % 64) + 0.5)) / 64))
    });
    const low = kspace.linear(wave(7));
    expect(
      largest(
        low.data,
        Float64Array.from({length: 256}, (_, k) => Math.cos((2 * Math.PI * 7 * ((k % 16) + 0.5)) / 16))
      )
    ).toBeLessThan(1e-9);
    expect(largest(kspace.linear(wave(9)).data, new Float64Array(256))).toBeLessThan(1e-9);
  });

  it("add noise that the seed and the id decide, with the SD that was asked for", () => {
    const image = {...noise(256, 256), data: new Float32Array(65536).fill(0.5)};
    const spec = {kind: "gaussian", factor: 4, bits: "float", noise: 0.05} as const;
    const a = new Degrader({...spec, seed: 1}).apply(image).data;
    expect(new Degrader({...spec, seed: 1}).apply(image).data).toEqual(a);
    expect(new Degrader({...spec, seed: 2}).apply(image).data).not.toEqual(a);
    expect(new Degrader({...spec, seed: 1}).apply({...image, id: "other"}).data).not.toEqual(a);
    const sd = Math.sqrt(energyOf(Array.from(a, (v) => v - 0.5)) / a.length);
    expect(Math.abs(sd - 0.05)).toBeLessThan(0.003);
  });

  it("are read from a few words, and refused in one sentence", () => {
    expect(parseDegradation("bicubic:4").id).toBe("bicubic-x4");
    expect(parseDegradation("bicubic-float:2").id).toBe("bicubic-float-x2");
    expect(parseDegradation("gaussian:4:1.5+noise:0.01").id).toBe("gaussian-x4-s1.5-n0.01");
    expect(() => parseDegradation("bilinear:4")).toThrow(/isn't understood/);
    expect(() => parseDegradation("kspace:4:2")).toThrow(/isn't understood/);
    expect(() => new Degrader({kind: "bicubic", factor: 3.5})).toThrow(/whole number from 2 to 16/);
    expect(() => parseDegradation("bicubic:4").apply(noise(30, 32))).toThrow(/multiples of 4/);
  });

  it("lose in the image what they take: an invented part that grows with the factor", () => {
    const image = phantom("brain", {seed: 1, patient: 1, size: 128});
    const energy = (factor: number) =>
      energyOf(new Degrader({kind: "bicubic", factor, bits: "float"}).invented(image).data);
    expect(energy(4)).toBeGreaterThan(1.5 * energy(2));
  });

  it.skipIf(!hasShared)("equal Pillow bit for bit (8-bit bicubic, 256 to 64)", () => {
    const input = decodeNpy(readFileSync(shared("golden/metrics/resize_in.npy")), "resize_in.npy");
    const wanted = decodeNpy(readFileSync(shared("golden/metrics/resize_bicubic_256to64.npy")), "wanted");
    const image = {id: "x", width: 256, height: 256, data: Float32Array.from(input.data, (v) => v / 255)};
    const low = new Degrader({kind: "bicubic", factor: 4}).apply(image);
    expect(Array.from(low.data, (v) => Math.round(255 * v))).toEqual(Array.from(wanted.data));
  });
});
