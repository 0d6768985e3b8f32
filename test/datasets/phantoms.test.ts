import {createHash} from "node:crypto";
import {describe, expect, it} from "vitest";
import {PHANTOM_KINDS, type PhantomKind, phantom} from "../../loaders/datasets/phantoms/index.js";
import {signals} from "../../loaders/datasets/phantoms/tissue.js";
import {spectralSlope} from "../../loaders/datasets/spectral-slope.js";

const hash = (data: Float32Array | Uint8Array) =>
  createHash("sha256")
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest("hex")
    .slice(0, 16);
const bytes = (kind: PhantomKind, patient: number, slice = 10) =>
  Uint8Array.from(phantom(kind, {seed: 7, patient, slice, size: 64}).data, (v) => Math.round(255 * v));
const rms = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.sqrt(Array.from(a).reduce((sum, v, k) => sum + (v - b[k]) ** 2, 0) / a.length);

describe.each(PHANTOM_KINDS)("the simulated %s", (kind) => {
  it("is the same to the byte for the same seed", () => {
    const options = {seed: 7, patient: 3, slice: 9, size: 64} as const;
    const first = phantom(kind, options);
    expect(phantom(kind, options)).toEqual(first);
    expect(first.simulated).toBe(true);
    expect(first.modality).toMatch(/^simulated /);
    expect(first.id).toMatch(/^simulated-/);
  });

  it("has the recorded bytes on every engine", () => {
    const {data} = phantom(kind, {seed: 7, patient: 1, slice: 10, size: 64});
    expect(hash(data)).toMatchSnapshot();
  });

  it("is another for another seed, patient and slice", () => {
    const here = bytes(kind, 1);
    expect(rms(here, bytes(kind, 2))).toBeGreaterThan(8);
    expect(rms(here, bytes(kind, 1, 4))).toBeGreaterThan(1);
    const other = phantom(kind, {seed: 8, patient: 1, slice: 10, size: 64}).data;
    expect(
      rms(
        here,
        Array.from(other, (v) => 255 * v)
      )
    ).toBeGreaterThan(8);
  });

  it("has neighbouring slices more alike than distant patients", () => {
    const here = bytes(kind, 1, 10);
    expect(rms(here, bytes(kind, 1, 11))).toBeLessThan(rms(here, bytes(kind, 5, 10)));
  });

  it("has values in [0, 1] and a contrast worth the name, at any size", () => {
    for (const size of [16, 100, 192]) {
      const {data, width, height} = phantom(kind, {seed: 1, patient: "x", size});
      expect([width, height, data.length]).toEqual([size, size, size * size]);
      let low = 1;
      let high = 0;
      for (const v of data) {
        low = Math.min(low, v);
        high = Math.max(high, v);
        if (!(v >= 0 && v <= 1)) throw new Error(`${v} is outside [0, 1]`);
      }
      expect(high - low).toBeGreaterThan(0.3);
    }
  });

  it("shows the same anatomy at another size", () => {
    const large = phantom(kind, {seed: 1, patient: 2, size: 128}).data;
    const small = phantom(kind, {seed: 1, patient: 2, size: 64}).data;
    const halved = Float32Array.from({length: 64 * 64}, (_, k) => {
      const at = 2 * (k >> 6) * 128 + 2 * (k & 63);
      return (large[at] + large[at + 1] + large[at + 128] + large[at + 129]) / 4;
    });
    expect(correlation(halved, small)).toBeGreaterThan(kind === "natural" ? 0.85 : 0.95);
  });

  it("has a lesion with mask and contrast that leaves the rest of the image as it was", () => {
    const options = {seed: 3, patient: 4, slice: 6, size: 128} as const;
    const without = phantom(kind, options);
    const {data, mask, lesion} = phantom(kind, {...options, lesion: true});
    expect(without.mask).toBeUndefined();
    expect(without.lesion).toBeUndefined();
    if (!mask || !lesion) throw new Error("no lesion");
    const area = mask.reduce((sum, v) => sum + v, 0);
    expect(area).toBeGreaterThan(4);
    expect(lesion.radius).toBeCloseTo(Math.sqrt(area / Math.PI), 6);
    expect(Math.abs(lesion.contrast)).toBeGreaterThan(0.02);
    expect(mask[Math.floor(lesion.y) * 128 + Math.floor(lesion.x)]).toBe(1);
    let change = 0;
    let far = 0;
    for (let k = 0; k < data.length; ++k) {
      const difference = data[k] - without.data[k];
      if (mask[k]) change += difference / area;
      const distance = Math.hypot((k % 128) + 0.5 - lesion.x, Math.floor(k / 128) + 0.5 - lesion.y);
      if (distance > 3.5 * lesion.radius + 16) far = Math.max(far, Math.abs(difference));
    }
    // the chest's scattered light reaches everywhere, a little
    expect(far).toBeLessThan(kind === "cxr" ? 0.02 : 1e-6);
    expect(Math.abs(change - lesion.contrast)).toBeLessThan(0.02);
  });

  it("has a lesion as strong as was asked for", () => {
    const contrast = (strength: number) =>
      phantom(kind, {seed: 3, patient: 6, size: 96, lesion: {strength}}).lesion!.contrast;
    expect(Math.abs(contrast(0.3))).toBeLessThan(Math.abs(contrast(1)));
    expect(Math.sign(contrast(0.3))).toBe(Math.sign(contrast(1)));
  });

  it("has a radial spectrum that falls like that of real images", () => {
    // real images: −2.3 to −3.3 (see the exponents of the shared sets); flat noise would have 0, a smooth blob under −4
    const slopes = [0, 1].map((patient) => spectralSlope(phantom(kind, {seed: 1, patient, size: 256})));
    for (const slope of slopes) {
      expect(slope).toBeLessThan(-1.9);
      expect(slope).toBeGreaterThan(-3.6);
    }
  });
});

describe("phantoms", () => {
  it("refuse what makes no sense, in one sentence", () => {
    const make =
      (options: object, kind = "brain") =>
      () =>
        phantom(kind as PhantomKind, {seed: 1, patient: 1, ...options});
    expect(make({}, "liver")).toThrow(/there is no phantom "liver"; there are brain, knee, cxr, natural/);
    expect(make({size: 8})).toThrow(/size must be a whole number from 16 to 4096, not 8/);
    expect(make({slice: 20})).toThrow(/slice must be a whole number from 0 to 19, not 20/);
    expect(make({slices: 0})).toThrow(/slices must be a whole number/);
    expect(make({contrast: "T9"})).toThrow(/contrast must be one of/);
    expect(make({contrast: "T1"}, "cxr")).toThrow(/cxr phantom has no contrast/);
    expect(make({}, "toString")).toThrow(/there is no phantom/);
  });

  it("have tissue contrasts as the sequences make them", () => {
    const t1 = signals("T1");
    const t2 = signals("T2");
    const flair = signals("FLAIR");
    expect(t1.white).toBeGreaterThan(t1.grey);
    expect(t1.grey).toBeGreaterThan(t1.csf);
    expect(t2.csf).toBeGreaterThan(t2.grey);
    expect(t2.grey).toBeGreaterThan(t2.white);
    expect(flair.csf).toBeLessThan(0.35 * flair.grey);
    expect(flair.oedema).toBeGreaterThan(flair.white);
    const fatSaturated = signals("PDFS");
    expect(fatSaturated.marrow).toBeLessThan(0.5 * fatSaturated.muscle);
    expect(signals("PD").marrow).toBeGreaterThan(signals("PD").meniscus);
  });

  it("show the tissues in those contrasts: the ventricles are bright in T2 and dark in FLAIR", () => {
    // the middle of a slice through the bodies of the ventricles, its brightest and darkest pixels
    const middle = (contrast: "T2" | "FLAIR") => {
      const {data} = phantom("brain", {seed: 1, patient: 1, slice: 8, size: 128, contrast});
      const values: number[] = [];
      for (let y = 54; y < 76; ++y) for (let x = 52; x < 76; ++x) values.push(data[y * 128 + x]);
      values.sort((a, b) => a - b);
      return {low: values[5], median: values[values.length >> 1], high: values[values.length - 6]};
    };
    const t2 = middle("T2");
    const flair = middle("FLAIR");
    expect(t2.high).toBeGreaterThan(1.8 * t2.median);
    expect(flair.low).toBeLessThan(0.5 * flair.median);
  });
});

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const mean = (v: ArrayLike<number>) => Array.from(v).reduce((s, x) => s + x, 0) / v.length;
  const [p, q] = [mean(a), mean(b)];
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let k = 0; k < a.length; ++k) {
    ab += (a[k] - p) * (b[k] - q);
    aa += (a[k] - p) ** 2;
    bb += (b[k] - q) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}
