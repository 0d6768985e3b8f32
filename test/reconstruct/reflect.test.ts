import fc from "fast-check";
import {describe, expect, it} from "vitest";
import {crop, padToMultiple} from "../../loaders/reconstruct/reflect.js";

const ramp = (width: number, height: number) => ({
  data: Float32Array.from({length: width * height}, (_, i) => i),
  width,
  height
});

describe("padToMultiple", () => {
  it("reflects about the edge pixel, as numpy's mode reflect", () => {
    const {data, width, height} = padToMultiple({data: Float32Array.of(1, 2, 3), width: 3, height: 1}, 8);
    expect([width, height]).toEqual([8, 8]);
    expect([...data.slice(0, 8)]).toEqual([1, 2, 3, 2, 1, 2, 3, 2]);
    expect([...data.slice(56)]).toEqual([1, 2, 3, 2, 1, 2, 3, 2]);
  });
  it("returns the image itself where nothing is to be added", () => {
    const image = ramp(16, 8);
    expect(padToMultiple(image, 8)).toBe(image);
  });
  it("is undone by crop, and gives sides that the factor divides, for any size", () => {
    fc.assert(
      fc.property(
        fc.integer({min: 1, max: 20}),
        fc.integer({min: 1, max: 20}),
        fc.constantFrom(1, 4, 8),
        (w, h, factor) => {
          const image = ramp(w, h);
          const padded = padToMultiple(image, factor);
          expect(padded.width % factor).toBe(0);
          expect(padded.height % factor).toBe(0);
          expect(crop(padded, w, h)).toEqual(image);
          expect(padded.data.every((v) => v < w * h)).toBe(true);
        }
      ),
      {seed: 1}
    );
  });
});
