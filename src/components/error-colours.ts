/**
 * Colours of a signed error on a fixed scale: black where there is none, warm where the output is brighter than HR, blue
 * where it is darker, lighter the larger it is. Lightness alone already tells the size, hue the sign.
 */
const brighter = ramp([0, 0, 0], [196, 78, 16], [255, 236, 180]);
const darker = ramp([0, 0, 0], [30, 112, 190], [214, 240, 255]);

/** The colour of `error` on a scale from −limit to +limit, as three bytes. */
export function errorColour(error: number, limit: number): readonly [number, number, number] {
  const i = Math.min(255, Math.round((255 * Math.abs(error)) / limit));
  return error >= 0 ? brighter[i] : darker[i];
}

const magnitude = ramp([0, 0, 0], [20, 125, 110], [235, 255, 225]);

/** The colour of a value from 0 to `limit`, as three bytes. */
export function magnitudeColour(value: number, limit: number): readonly [number, number, number] {
  return magnitude[Math.min(255, Math.max(0, Math.round((255 * value) / limit)))];
}

/** As the bytes of a pixel, for painting: the colours of an error from −limit (0) over 0 (255) to +limit (510). */
export const errorPixels = pixelsOf([...darker.slice(1).reverse(), ...brighter]);

/** The colours of a magnitude from 0 to its limit (255). */
export const magnitudePixels = pixelsOf(magnitude);

function pixelsOf(colours: readonly Rgb[]): Uint32Array {
  return new Uint32Array(Uint8ClampedArray.from(colours.flatMap((colour) => [...colour, 255])).buffer);
}

type Rgb = readonly [number, number, number];

function ramp(from: Rgb, middle: Rgb, to: Rgb): Rgb[] {
  const mix = (a: Rgb, b: Rgb, t: number): Rgb => [0, 1, 2].map((k) => a[k] + (b[k] - a[k]) * t) as unknown as Rgb;
  return Array.from({length: 256}, (_, i) => (i < 128 ? mix(from, middle, i / 128) : mix(middle, to, (i - 128) / 127)));
}
