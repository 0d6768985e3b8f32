import {expect, test} from "vitest";
import {errorColour, errorPixels, magnitudeColour, magnitudePixels} from "../../src/components/error-colours.js";

const bytesOf = (pixels: Uint32Array, i: number) => [...new Uint8Array(pixels.buffer, 4 * i, 4)];
const rounded = (colour: readonly number[]) => [...Uint8ClampedArray.from(colour), 255];

test("the table of error pixels has the colour of every error, −limit to limit", () => {
  for (let i = -255; i <= 255; i++) {
    expect(bytesOf(errorPixels, 255 + i), String(i)).toEqual(rounded(errorColour(i / 2550, 0.1)));
  }
});

test("the table of magnitudes has the colour of every magnitude, 0 to its limit", () => {
  for (let i = 0; i <= 255; i++) expect(bytesOf(magnitudePixels, i)).toEqual(rounded(magnitudeColour(i, 255)));
});
