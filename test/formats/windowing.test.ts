import fc from "fast-check";
import {describe, expect, it} from "vitest";
import {parseWindowing, toUnitRange, type Volume} from "../../loaders/formats/index.js";

const plane = (...values: number[]) => ({data: Float32Array.from(values), width: values.length, height: 1});
const grey = (...parameters: Parameters<typeof toUnitRange>) => Array.from(toUnitRange(...parameters).data);
const volume = (values: number[], more: Partial<Volume> = {}): Volume => ({
  kind: "dicom",
  data: Float32Array.from(values),
  shape: [values.length, 1, 1],
  frames: 1,
  spacing: [1, 1, 1],
  affine: null,
  orientation: null,
  sliceAxis: 2,
  windows: [],
  inverted: false,
  meta: {},
  ...more
});

describe("toUnitRange(plane, windowing)", () => {
  it("spreads a window and clamps beside it", () => {
    expect(grey(plane(-200, -160, 40, 240, 300), {center: 40, width: 400})).toEqual([0, 0, 0.5, 1, 1]);
  });

  it("follows DICOM's three functions", () => {
    // PS3.3 C.11.2.1.2.1: c = 2048, w = 4096: 0 → 0, 4095 → 1
    expect(grey(plane(0, 4095), {center: 2048, width: 4096, function: "linear"})).toEqual([0, 1]);
    // C.11.2.1.2: a width of 1 is a threshold
    expect(grey(plane(99, 99.6, 100), {center: 100, width: 1, function: "linear"})).toEqual([0, 1, 1]);
    expect(grey(plane(50, 0), {center: 50, width: 10, function: "sigmoid"})[0]).toBe(0.5);
  });

  it("takes the whole range, of the plane or of the volume, and leaves a constant black", () => {
    expect(grey(plane(2, 4, 6), "minmax")).toEqual([0, 0.5, 1]);
    expect(grey(plane(2, 4, 6), "minmax", {volume: volume([0, 8])})).toEqual([0.25, 0.5, 0.75]);
    expect(grey(plane(7, 7), "minmax")).toEqual([0, 0]);
  });

  it("finds percentiles as a sort with linear interpolation would", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({min: -50, max: 50}), {minLength: 2, maxLength: 60}),
        fc.double({min: 0, max: 49, noNaN: true}),
        fc.double({min: 51, max: 100, noNaN: true}),
        (values, p, q) => {
          const sorted = [...values].sort((a, b) => a - b);
          const at = (percent: number) => {
            const position = (percent / 100) * (sorted.length - 1);
            const k = Math.floor(position);
            return sorted[k] + (position - k) * ((sorted[k + 1] ?? sorted[k]) - sorted[k]);
          };
          const [low, high] = [at(p), at(q)];
          const actual = grey(plane(...values), {percentile: [p, q]});
          values.forEach((value, i) => {
            const expected = high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0;
            expect(actual[i]).toBeCloseTo(expected, 5);
          });
        }
      ),
      {seed: 21, numRuns: 500}
    );
  });

  it("takes what the file proposes: its table, else its first window, else the whole range", () => {
    const lookup = {first: 10, bits: 8, entries: Uint16Array.of(0, 51, 255)};
    const windows = [{center: 5, width: 10}];
    expect(grey(plane(0, 10, 11, 12, 99), "file", {volume: volume([], {lookup, windows})})).toEqual([
      0,
      0,
      Math.fround(0.2),
      1,
      1
    ]);
    expect(grey(plane(0, 5, 10), "file", {volume: volume([], {windows})})).toEqual([0, 0.5, 1]);
    expect(grey(plane(0, 5), "file", {volume: volume([0, 10])})).toEqual([0, 0.5]);
  });

  it("turns MONOCHROME1 round", () => {
    expect(grey(plane(0, 1, 4), "minmax", {volume: volume([0, 4], {inverted: true})})).toEqual([1, 0.75, 0]);
  });

  it("refuses NaN and infinite pixels, or gives them the value that is asked for", () => {
    expect(() => toUnitRange(plane(0, Number.NaN, Infinity), "minmax", {source: "a.nii"})).toThrow(
      "a.nii has 2 NaN or infinite pixels; an image has values in [0, 1]"
    );
    expect(grey(plane(1, Number.NaN, 3), "minmax", {nan: 0})).toEqual([0, 0, 1]);
    expect(grey(plane(1, Number.NaN, 3), {percentile: [0, 100]}, {nan: 1})).toEqual([0, 1, 1]);
  });
});

describe("parseWindowing(text)", () => {
  it("reads the four forms", () => {
    expect(parseWindowing("minmax")).toBe("minmax");
    expect(parseWindowing(" FILE ")).toBe("file");
    expect(parseWindowing("percentile 1 99.5")).toEqual({percentile: [1, 99.5]});
    expect(parseWindowing("40,400")).toEqual({center: 40, width: 400});
  });

  it.each(["", "40", "40 0", "40 -1", "percentile 99 1", "percentile 1 101", "percentile 1", "wide", "1 2 3"])(
    "refuses %j",
    (text) => {
      expect(() => parseWindowing(text)).toThrow("isn't understood; write minmax, file");
    }
  );
});
