import type {Histogram} from "./lab-data.js";

/**
 * Histograms of a set's images in one arm, image by image: how many differences, then for each the step from the one before (the
 * first from −256) and how many pixels. All of them LEB128, mostly one byte each.
 */
export function encodeHistograms(histograms: readonly Histogram[]): Uint8Array {
  const bytes: number[] = [];
  const put = (value: number) => {
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    bytes.push(rest);
  };
  for (const histogram of histograms) {
    put(histogram.length / 2);
    let before = -256;
    for (let i = 0; i < histogram.length; i += 2) {
      put(histogram[i] - before);
      put(histogram[i + 1]);
      before = histogram[i];
    }
  }
  return Uint8Array.from(bytes);
}

/** @throws RangeError when the bytes end within a number. */
export function decodeHistograms(bytes: Uint8Array): Histogram[] {
  let at = 0;
  const take = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      if (at >= bytes.length) throw new RangeError("the histograms are cut short");
      const byte = bytes[at++];
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
  };
  const histograms: Histogram[] = [];
  while (at < bytes.length) {
    const histogram: number[] = [];
    let before = -256;
    for (let left = take(); left > 0; left--) {
      before += take();
      histogram.push(before, take());
    }
    histograms.push(histogram);
  }
  return histograms;
}
