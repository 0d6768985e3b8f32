import {createHash} from "node:crypto";
import {readFileSync} from "node:fs";
import {describe, expect, it} from "vitest";
import {decodeDicomPixels} from "../../loaders/formats/dicom/decodeDicom.js";
import {nodeCodecs} from "../../loaders/formats/dicom/nodeCodecs.js";
import {readMedical, readVolume} from "../../loaders/formats/index.js";
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
  };
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
    const stored = arrays[expected.dtype].from(pixels.values);
    const hash = createHash("sha256").update(new Uint8Array(stored.buffer)).digest("hex");
    expect(hash).toBe(expected.sha256_little_endian_C);

    const volume = await readMedical(shared(`formats/${name}`));
    expect(volume.inverted).toBe(facts.attributes.PhotometricInterpretation === "MONOCHROME1");
    if (facts.modality_lut_applied) expectStatistics(volume.data, facts.modality_lut_applied);
  });

  it.each(files.filter(([, facts]) => facts.expect !== "ok"))("%s is refused in one sentence", async (name) => {
    const path = shared(`formats/${name}`);
    const started = performance.now();
    const error = await readVolume(path).then(
      () => undefined,
      (reason: unknown) => reason
    );
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(/^[^\n]{20,300}$/);
    expect((error as Error).message).toContain(path);
    expect(performance.now() - started).toBeLessThan(1000);
    if (process.env.SHOW) process.stderr.write(`${(error as Error).message.replace(/.*formats\//, "")}\n`);
  });
});

function expectStatistics(data: ArrayLike<number>, expected: Statistics): void {
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
  for (const [i, value] of actual.entries()) expect(Math.abs(value - wanted[i]) / scale).toBeLessThan(1e-6);
}
