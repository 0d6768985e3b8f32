import {createHash} from "node:crypto";
import {readFileSync} from "node:fs";
import {describe, expect, it} from "vitest";
import {decodeDicomPixels} from "../../loaders/formats/dicom/decodeDicom.js";
import {nodeCodecs} from "../../loaders/formats/dicom/nodeCodecs.js";
import {readMedical, readVolume, toUnitRange, type Volume} from "../../loaders/formats/index.js";
import {nodeInflater} from "../../loaders/images/nodeInflater.js";
import {InputError} from "../../models/errors.js";
import {hasShared, shared} from "../support/shared.js";

interface Statistics {
  min: number;
  max: number;
  mean: number;
  std: number;
}
interface Truth {
  kind: string;
  expect: string;
  attributes: {
    PhotometricInterpretation: string;
    PixelSpacing?: [number, number];
    ImageOrientationPatient?: number[];
    ImagePositionPatient?: number[];
    WindowCenter?: number | number[];
    BitsStored: number;
    PixelRepresentation: number;
    RescaleSlope?: number;
    RescaleIntercept?: number;
  };
  has_voi_lut_sequence: boolean;
  voi_lut_applied_first_window?: Statistics;
  pixel_array: Statistics & {
    shape: number[];
    dtype: keyof typeof arrays;
    sha256_little_endian_C: string;
    samples: {index: number[]; value: number}[];
  };
  modality_lut_applied?: Statistics;
}
const arrays = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array
};

describe.skipIf(!hasShared)("the DICOM reference files", () => {
  const truth: Record<string, Truth> = hasShared ? JSON.parse(readFileSync(shared("formats/truth.json"), "utf8")) : {};
  const files = Object.entries(truth).filter(([, {kind}]) => kind === "dicom");
  const readable = files.filter(([, facts]) => facts.expect === "ok");

  it("are 62 readable ones at least", () => expect(readable.length).toBeGreaterThanOrEqual(62));

  it.each(readable)("%s has the stored and the modality's values", async (name, facts) => {
    const bytes = new Uint8Array(readFileSync(shared(`formats/${name}`)));
    const {pixels} = await decodeDicomPixels(bytes, {source: name, inflater: nodeInflater}, nodeCodecs);
    const expected = facts.pixel_array;
    const shape = [pixels.frames, pixels.rows, pixels.columns, pixels.channels].filter(
      (n, i) => (i !== 0 && i !== 3) || n > 1
    );
    expect(shape).toEqual(expected.shape);
    if (name === "dicom/SC_rgb_jpeg_dcmtk.dcm") {
      // the reference stops at YCbCr, libjpeg-turbo goes on to RGB
      expect(pixels.ybr).toBe(false);
      const ybr = toYbr(pixels.values);
      for (const {index, value} of expected.samples) {
        const at = (index[0] * pixels.columns + index[1]) * 3 + index[2];
        expect(Math.abs(ybr[at] - value)).toBeLessThan(2);
      }
      return;
    }
    const stored = arrays[expected.dtype].from(pixels.values);
    if (name === "dicom/RG3_JPLY.dcm") {
      // eight pixels overshoot the ten bits stored; the reference lets white wrap around to black there, DCMTK doesn't
      expect(stored.filter((value) => value > 1023).length).toBe(8);
      for (const [i, value] of stored.entries()) stored[i] = value & 1023;
    }
    const hash = createHash("sha256").update(new Uint8Array(stored.buffer)).digest("hex");
    expect(hash).toBe(expected.sha256_little_endian_C);
    if (!facts.modality_lut_applied || name === "dicom/RG3_JPLY.dcm") return;

    const volume = await readMedical(shared(`formats/${name}`));
    expect(volume.inverted).toBe(facts.attributes.PhotometricInterpretation === "MONOCHROME1");
    // the reference doesn't look for the intercept of −1024 in the functional groups of an enhanced image
    const shift = name.includes("CT0012") ? 1024 : 0;
    expectStatistics(
      volume.data.map((value) => value + shift),
      facts.modality_lut_applied
    );
    expectGeometry(volume, facts.attributes);

    const {BitsStored, PixelRepresentation, RescaleSlope = 1, RescaleIntercept = 0} = facts.attributes;
    if (facts.attributes.WindowCenter === undefined && !facts.has_voi_lut_sequence) return;
    // the reference spreads a window over the range of the stored values, a table over its own
    const high = PixelRepresentation === 1 ? 2 ** (BitsStored - 1) - 1 : 2 ** BitsStored - 1;
    const low = PixelRepresentation === 1 ? -(2 ** (BitsStored - 1)) : 0;
    const [from, to] = volume.lookup ? [0, 65535] : [low, high].map((value) => value * RescaleSlope + RescaleIntercept);
    const flat = {data: volume.data, width: volume.data.length, height: 1};
    const grey = toUnitRange(flat, "file", {volume: {...volume, inverted: false}});
    expectStatistics(
      grey.data.map((value) => from + value * (to - from)),
      facts.voi_lut_applied_first_window!,
      1e-5
    );
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

/** Rows, columns and their spacing and place, from the reference's own attributes. */
function expectGeometry({affine, spacing}: Volume, facts: Truth["attributes"]): void {
  const {PixelSpacing, ImageOrientationPatient: cosines, ImagePositionPatient: position} = facts;
  if (PixelSpacing && PixelSpacing[0] > 0) {
    expect(spacing[0]).toBeCloseTo(PixelSpacing[1], 5);
    expect(spacing[1]).toBeCloseTo(PixelSpacing[0], 5);
  }
  if (!cosines || !position || !PixelSpacing) return;
  const lps = [-1, -1, 1];
  for (let row = 0; row < 3; row++) {
    expect(affine![row][0]).toBeCloseTo(lps[row] * cosines[row] * PixelSpacing[1], 5);
    expect(affine![row][1]).toBeCloseTo(lps[row] * cosines[row + 3] * PixelSpacing[0], 5);
    expect(affine![row][3]).toBeCloseTo(lps[row] * position[row], 5);
  }
}

function toYbr(rgb: ArrayLike<number>): Float64Array {
  return Float64Array.from(rgb, (_, i) => {
    const [r, g, b] = [0, 1, 2].map((c) => rgb[i - (i % 3) + c]);
    if (i % 3 === 0) return 0.299 * r + 0.587 * g + 0.114 * b;
    return i % 3 === 1 ? 128 - 0.168736 * r - 0.331264 * g + 0.5 * b : 128 + 0.5 * r - 0.418688 * g - 0.081312 * b;
  });
}

function expectStatistics(data: ArrayLike<number>, expected: Statistics, tolerance = 1e-6): void {
  let [min, max, sum, squares] = [Infinity, -Infinity, 0, 0];
  for (let i = 0; i < data.length; i++) {
    min = Math.min(min, data[i]);
    max = Math.max(max, data[i]);
    sum += data[i];
  }
  const mean = sum / data.length;
  for (let i = 0; i < data.length; i++) squares += (data[i] - mean) ** 2;
  const actual = [min, max, mean, Math.sqrt(squares / data.length)];
  const wanted = [expected.min, expected.max, expected.mean, expected.std];
  const scale = Math.max(1, Math.abs(expected.max), Math.abs(expected.min));
  for (const [i, value] of actual.entries()) expect(Math.abs(value - wanted[i]) / scale).toBeLessThan(tolerance);
}
