import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {afterEach, beforeEach, describe, expect, it} from "vitest";
import {groupSeries, readMedical, readVolume} from "../../loaders/formats/index.js";
import {dicomFile, element} from "./support/samples.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bandscope-series-"));
});
afterEach(() => rmSync(folder, {recursive: true}));

/** An axial slice at a height, filled with a value. */
function write(
  name: string,
  height: number,
  value: number,
  {series = "1.2", rows = 2, cosines = "1\\0\\0\\0\\1\\0"} = {}
): string {
  const path = join(folder, name);
  const middle = [
    element(0x20, 0x0e, "UI", series),
    element(0x20, 0x32, "DS", `10\\20\\${height}`),
    element(0x20, 0x37, "DS", cosines)
  ];
  writeFileSync(path, dicomFile(new Int16Array(rows * 3).fill(value), rows, 3, {middle}));
  return path;
}

describe("a folder with a DICOM series", () => {
  it("becomes one volume, sorted by place and not by name", async () => {
    write("a", 30, 3);
    write("b", 10, 1);
    write("c", 20, 2);
    writeFileSync(join(folder, "notes.txt"), "hello");
    const volume = await readMedical(folder);
    expect(volume).toMatchObject({shape: [3, 2, 3], spacing: [0.25, 0.5, 10], orientation: "LPS", sliceAxis: 2});
    expect(Array.from(volume.data)).toEqual([1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3]);
    expect(volume.affine!.map((row) => row[3])).toEqual([-10, -20, 10, 1]);
    expect((await readVolume(folder)).orientation).toBe("RAS");
  });

  it("is refused where there are two series, and they can be told apart", async () => {
    const paths = [write("a", 0, 1), write("b", 1, 1), write("c", 0, 1, {series: "1.3"})];
    await expect(readVolume(folder)).rejects.toThrow("holds 2 DICOM series (2, 1 files)");
    const series = await groupSeries(paths);
    expect(series.map((one) => one.paths)).toEqual([paths.slice(0, 2), paths.slice(2)]);
    expect(series.every(({key}) => /^[0-9a-f]{16}$/.test(key))).toBe(true);
  });

  it.each([
    ["two slices lie at the same place", [0, 0, 1], {}, /lies at the same place as/],
    ["slices are missing", [0, 1, 5], {}, /unevenly spaced: 1\.000 mm between .*, 2\.500 mm on average$/],
    ["sizes differ", [0, 1, 2], {rows: 3}, /has another size than .* \(3×3×1 and 3×2×1\)/],
    [
      "directions differ",
      [0, 1, 2],
      {cosines: "0\\1\\0\\0\\0\\1"},
      /(another direction than|unevenly spaced|same place)/
    ]
  ])("is refused where %s", async (_, [a, b, c], last, message) => {
    write("a", a, 1);
    write("b", b, 1);
    write("c", c, 1, last);
    await expect(readVolume(folder)).rejects.toThrow(message);
  });

  it("is refused where there is none", async () => {
    mkdirSync(join(folder, "sub"));
    await expect(readVolume(folder)).rejects.toThrow(/holds no DICOM images$/);
  });
});
