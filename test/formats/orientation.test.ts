import fc from "fast-check";
import {describe, expect, it} from "vitest";
import {decodePlainVolume} from "../../loaders/formats/decodeVolume.js";
import {slice, toCanonical, type Volume} from "../../loaders/formats/index.js";
import {axisDirections, orientationOf} from "../../loaders/formats/orientation.js";
import {nodeInflater} from "../../loaders/images/nodeInflater.js";
import {dicomFile, element, metaImageFile, type NiftiOptions, niftiFile, nrrdFile, pattern} from "./support/samples.js";

const context = {source: "test.nii", inflater: nodeInflater};
const decode = (bytes: Uint8Array): Volume => decodePlainVolume(bytes, context)!;
const shape = [4, 3, 5] as const;
const anatomy = pattern(...shape);

type Matrix = number[][];
const multiply = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, v, k) => sum + v * b[k][j], 0)));
/** The rotation of a unit quaternion. */
const rotation = ([a, b, c, d]: number[]): Matrix => [
  [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
  [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
  [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c]
];
const orders = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0]
];
const quaternionOf = (x: number, y: number, z: number) => {
  const length = Math.sqrt(1 + x * x + y * y + z * z);
  return [1 / length, x / length, y / length, z / length];
};

/** The same anatomy stored with its axes in another order and direction, and the header that says so. */
function stored(order: number[], flips: boolean[], affine: Matrix): {data: Int16Array; shape: number[]; sform: Matrix} {
  const size = order.map((axis) => shape[axis]);
  const data = new Int16Array(anatomy.length);
  for (let to = 0; to < data.length; to++) {
    const at = [to % size[0], Math.floor(to / size[0]) % size[1], Math.floor(to / size[0] / size[1])];
    const from = [0, 0, 0];
    for (let axis = 0; axis < 3; axis++) from[order[axis]] = flips[axis] ? size[axis] - 1 - at[axis] : at[axis];
    data[to] = anatomy[from[0] + shape[0] * (from[1] + shape[1] * from[2])];
  }
  // stored index → anatomical index
  const change: Matrix = [0, 1, 2, 3].map((row) => [0, 1, 2, 3].map((column) => (row === 3 && column === 3 ? 1 : 0)));
  order.forEach((anatomical, axis) => {
    change[anatomical][axis] = flips[axis] ? -1 : 1;
    change[anatomical][3] = flips[axis] ? size[axis] - 1 : 0;
  });
  return {data, shape: size, sform: multiply(affine, change)};
}

describe("toCanonical(volume)", () => {
  const small = fc.double({min: -0.2, max: 0.2, noNaN: true});

  it("gives the same anatomy, and the same place in mm, however it is stored", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...orders),
        fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
        fc.tuple(small, small, small),
        fc.tuple(
          fc.integer({min: -100, max: 100}),
          fc.integer({min: -100, max: 100}),
          fc.integer({min: -100, max: 100})
        ),
        (order, flips, tilt, origin) => {
          const turn = rotation(quaternionOf(...tilt));
          const spacing = [1.5, 0.75, 3];
          const affine = [...turn.map((row, i) => [...row.map((v, j) => v * spacing[j]), origin[i]]), [0, 0, 0, 1]];
          const {data, shape: size, sform} = stored(order, flips, affine);
          const volume = toCanonical(decode(niftiFile({data, shape: size, sform})));
          expect(volume.shape).toEqual(shape);
          expect(Array.from(volume.data)).toEqual(Array.from(anatomy));
          expect(volume.orientation).toBe("RAS");
          expect(volume.sliceAxis).toBe(order[2]);
          volume.affine!.flat().forEach((value, i) => {
            expect(value).toBeCloseTo(affine.flat()[i], 3);
          });
          volume.spacing.forEach((mm, i) => {
            expect(mm).toBeCloseTo(spacing[i], 4);
          });
        }
      ),
      {seed: 11, numRuns: 300}
    );
  });

  it("reads a qform as the sform of the same rotation, with either handedness", () => {
    fc.assert(
      fc.property(
        fc.tuple(...[1, 2, 3].map(() => fc.double({min: -3, max: 3, noNaN: true}))) as fc.Arbitrary<
          [number, number, number]
        >,
        fc.constantFrom(1, -1),
        fc.constantFrom<1 | 2>(1, 2),
        (tilt, qfac, version) => {
          const quaternion = quaternionOf(...tilt);
          const turn = rotation(quaternion);
          const pixdim = [2, 3, 4];
          const offset = [5, -6, 7];
          const common: NiftiOptions = {data: anatomy, shape, pixdim, version};
          const sform = turn.map((row, i) => [...row.map((v, j) => v * pixdim[j] * (j === 2 ? qfac : 1)), offset[i]]);
          const byQuaternion = decode(niftiFile({...common, quaternion: quaternion.slice(1), offset, qfac}));
          const bySform = decode(niftiFile({...common, sform}));
          expect(byQuaternion.meta.affineSource).toBe("qform");
          byQuaternion.affine!.flat().forEach((value, i) => {
            expect(value).toBeCloseTo(bySform.affine!.flat()[i], 4);
          });
        }
      ),
      {seed: 12, numRuns: 300}
    );
  });

  it("gives the same anatomy from NIfTI (RAS), NRRD and MetaImage (LPS)", () => {
    const sform = [
      [-1, 0, 0, -1],
      [0, -1, 0, -2],
      [0, 0, 2, 3]
    ];
    const volumes = [
      niftiFile({data: anatomy, shape, sform}),
      nrrdFile(anatomy, shape),
      metaImageFile(anatomy, shape)
    ].map((bytes) => toCanonical(decode(bytes)));
    for (const {data, affine, spacing} of volumes) {
      expect(data).toEqual(volumes[0].data);
      expect(affine!.flat().map((value) => value + 0)).toEqual(volumes[0].affine!.flat().map((value) => value + 0));
      expect(spacing).toEqual([1, 1, 2]);
    }
  });

  it("refuses an affine that isn't invertible", () => {
    const flat = [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [1, 1, 0, 0]
    ];
    expect(() => decode(niftiFile({sform: flat}))).toThrow("test.nii has an orientation matrix that isn't invertible");
    expect(() => axisDirections([...flat, [0, 0, 0, 1]], "x")).toThrow("isn't invertible");
  });

  it("takes each axis once, also where two voxel axes lean the same way", () => {
    const affine = [
      [1, 2, 3, 0],
      [2, 3, 1, 0],
      [3, 1, 2, 0],
      [0, 0, 0, 1]
    ];
    expect(orientationOf(affine, "x")).toBe("SAR");
  });
});

describe("slice(volume, axis, index)", () => {
  // i to the right, j to the front, k up: value 100k + 10j + i
  const data = Int16Array.from(
    {length: 2 * 3 * 4},
    (_, n) => (n % 2) + 10 * (Math.floor(n / 2) % 3) + 100 * Math.floor(n / 6)
  );
  const sform = [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0]
  ];
  const volume = decode(niftiFile({data, shape: [2, 3, 4], sform}));
  const rows = ({data: values, width}: {data: ArrayLike<number>; width: number}) =>
    Array.from({length: values.length / width}, (_, y) => Array.from({length: width}, (_, x) => values[y * width + x]));

  it("shows an axial slice with the patient's right on the left and the front above", () => {
    expect(rows(slice(volume, "axial", 2))).toEqual([
      [221, 220],
      [211, 210],
      [201, 200]
    ]);
  });

  it("shows a coronal slice with the patient's right on the left and the head above", () => {
    expect(rows(slice(volume, "coronal", 1))).toEqual([
      [311, 310],
      [211, 210],
      [111, 110],
      [11, 10]
    ]);
  });

  it("shows a sagittal slice with the front on the left and the head above", () => {
    expect(rows(slice(volume, "sagittal", 0))).toEqual([
      [320, 310, 300],
      [220, 210, 200],
      [120, 110, 100],
      [20, 10, 0]
    ]);
  });

  it("shows the same picture however the volume is stored", () => {
    const affine = [...sform, [0, 0, 0, 1]];
    for (const order of orders) {
      for (const flips of [
        [false, false, false],
        [true, false, true],
        [true, true, true]
      ]) {
        const other = decode(niftiFile(stored(order, flips, affine)));
        const canonical = toCanonical(other);
        const along = order.indexOf(2);
        const k = flips[along] ? shape[2] - 1 - 2 : 2;
        expect(rows(slice(other, "axial", k))).toEqual(rows(slice(canonical, "axial", 2)));
      }
    }
  });

  it("leaves rows and columns as stored where the orientation isn't known", () => {
    const unknown: Volume = {...volume, affine: null, orientation: null};
    expect(rows(slice(unknown, 2, 1))).toEqual([
      [100, 101],
      [110, 111],
      [120, 121]
    ]);
    expect(() => slice(unknown, "axial", 0)).toThrow("a volume without orientation has no axial slices");
  });

  it("refuses slices and frames that don't exist", () => {
    expect(() => slice(volume, "axial", 4)).toThrow("there is no slice 4; axis axial has slices 0 to 3");
    expect(() => slice(volume, 0, 0.5)).toThrow("there is no slice 0.5");
    expect(() => slice(volume, 0, 0, {frame: 1})).toThrow("there is no frame 1; the volume has frames 0 to 0");
  });

  it("shows a DICOM picture as it is stored, when it is stored as doctors look at it", async () => {
    const {decodeDicom} = await import("../../loaders/formats/dicom/decodeDicom.js");
    const pixels = Int16Array.of(1, 2, 3, 4, 5, 6);
    const place = (cosines: string) => [element(0x20, 0x32, "DS", "1\\2\\3"), element(0x20, 0x37, "DS", cosines)];
    for (const [cosines, orientation, plane] of [
      ["1\\0\\0\\0\\1\\0", "LPS", "axial"],
      ["0\\1\\0\\0\\0\\-1", "PIL", "sagittal"],
      ["1\\0\\0\\0\\0\\-1", "LIP", "coronal"]
    ] as const) {
      const file = await decodeDicom(dicomFile(pixels, 2, 3, {middle: place(cosines)}), context);
      expect([file.orientation?.slice(0, 2), file.spacing.slice(0, 2)]).toEqual([orientation.slice(0, 2), [0.25, 0.5]]);
      for (const volume of [file, toCanonical(file)]) {
        expect(rows(slice(volume, plane, 0))).toEqual([
          [1, 2, 3],
          [4, 5, 6]
        ]);
        expect(rows(slice(volume, volume.sliceAxis, 0))).toEqual(rows(slice(volume, plane, 0)));
      }
    }
  });
});

describe("slope and intercept", () => {
  const types = [
    [2, 8, Uint8Array, 0, 255],
    [256, 8, Int8Array, -128, 127],
    [4, 16, Int16Array, -32768, 32767],
    [512, 16, Uint16Array, 0, 65535],
    [8, 32, Int32Array, -(2 ** 31), 2 ** 31 - 1],
    [768, 32, Uint32Array, 0, 2 ** 32 - 1]
  ] as const;

  it("give slope·stored + intercept for every integer type, in both versions", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...types),
        fc.constantFrom<1 | 2>(1, 2),
        fc
          .double({min: -4, max: 4, noNaN: true})
          .map(Math.fround)
          .filter((slope) => slope !== 0),
        fc.double({min: -1000, max: 1000, noNaN: true}).map(Math.fround),
        fc.array(fc.double({min: 0, max: 1, noNaN: true}), {minLength: 1, maxLength: 20}),
        ([datatype, bits, Type, low, high], version, slope, inter, fractions) => {
          const data = new Type(fractions.map((f) => Math.round(low + f * (high - low))));
          const {data: values} = decode(niftiFile({datatype, bits, data, shape: [data.length], slope, inter, version}));
          for (const [i, value] of values.entries()) {
            const expected = data[i] * slope + inter;
            expect(value).toBe(bits === 32 ? expected : Math.fround(expected));
          }
        }
      ),
      {seed: 13, numRuns: 500}
    );
  });

  it("are ignored when the slope is 0 or not a number", () => {
    for (const slope of [0, Number.NaN, Infinity, -Infinity]) {
      expect(Array.from(decode(niftiFile({data: anatomy, shape, slope, inter: 7})).data)).toEqual(Array.from(anatomy));
    }
    expect(() => decode(niftiFile({slope: 1, inter: Number.NaN}))).toThrow("its intercept (scl_inter) is NaN");
  });
});
