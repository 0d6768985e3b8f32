import fc from "fast-check";
import {expect, test} from "vitest";
import {
  formatView,
  largestZoom,
  pan,
  parseView,
  toImage,
  toScreen,
  type View,
  wholeImage,
  zoomAt
} from "../../src/components/viewport.js";

const unit = fc.double({min: 0, max: 1, noNaN: true});
const view: fc.Arbitrary<View> = fc
  .tuple(unit, unit, fc.double({min: 1, max: largestZoom, noNaN: true}))
  .map(([x, y, zoom]) => parseView(`${x},${y},${zoom}`));

test("what is seen never reaches past the image", () => {
  fc.assert(
    fc.property(view, fc.double({min: -9, max: 9, noNaN: true}), unit, unit, (start, shift, px, py) => {
      for (const {x, y, zoom} of [start, pan(start, shift, -shift), zoomAt(start, 2 ** shift, px, py)]) {
        expect(zoom).toBeGreaterThanOrEqual(1);
        expect(zoom).toBeLessThanOrEqual(largestZoom);
        for (const centre of [x, y]) {
          expect(centre - 0.5 / zoom).toBeGreaterThanOrEqual(-1e-9);
          expect(centre + 0.5 / zoom).toBeLessThanOrEqual(1 + 1e-9);
        }
      }
    }),
    {seed: 1}
  );
});

test("enlarging keeps the point under the pointer where it is", () => {
  fc.assert(
    fc.property(view, unit, unit, (start, px, py) => {
      if (start.zoom > largestZoom / 2) return;
      const [u, v] = toImage(start, px, py);
      const [sx, sy] = toScreen(zoomAt(start, 2, px, py), u, v);
      expect(sx).toBeCloseTo(px, 6);
      expect(sy).toBeCloseTo(py, 6);
    }),
    {seed: 2}
  );
});

test("an address keeps a view, and a senseless one shows the whole image", () => {
  expect(parseView(formatView({x: 0.4, y: 0.6, zoom: 2})!)).toEqual({x: 0.4, y: 0.6, zoom: 2});
  expect(formatView(wholeImage)).toBeNull();
  for (const text of ["", "a,b,c", "0.5", "NaN,0,1"]) expect(parseView(text)).toEqual(wholeImage);
});
