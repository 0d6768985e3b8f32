import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {dirname, join} from "node:path";
import fc from "fast-check";
import {afterEach, beforeEach, describe, expect, it} from "vitest";
import {listImages, naturalOrder} from "../../loaders/images/index.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bandscope-list-"));
});
afterEach(() => rmSync(folder, {recursive: true}));

const touch = (...names: string[]) => {
  for (const name of names) {
    const path = join(folder, name);
    mkdirSync(dirname(path), {recursive: true});
    writeFileSync(path, "");
  }
};
const ids = (inputs: string[], options?: {recursive?: boolean}) => listImages(inputs, options).map(({id}) => id);

describe("listImages(inputs)", () => {
  it("lists in natural order, by file stem", () => {
    touch("hr_10.png", "hr_1.png", "hr_2.png", "hr_100.jpg", "hr_0.JPEG");
    expect(listImages([folder])).toEqual(
      ["hr_0.JPEG", "hr_1.png", "hr_2.png", "hr_10.png", "hr_100.jpg"].map((name) => ({
        id: name.split(".")[0],
        path: join(folder, name)
      }))
    );
  });

  it("passes over hidden files, other files and latents", () => {
    touch("a.png", ".b.png", "measures.csv", "notes.txt", "a.latent.npy", ".a.png.1.tmp");
    expect(ids([folder])).toEqual(["a"]);
  });

  it("takes the .npy where <id>.npy and <id>.png lie side by side", () => {
    touch("a.png", "a.npy", "a.latent.npy", "b.png");
    expect(listImages([folder]).map(({path}) => path)).toEqual([join(folder, "a.npy"), join(folder, "b.png")]);
  });

  it("enters sub-folders only when recursive", () => {
    touch("a.png", "masks/m.png", "deep/er/d.png");
    expect(ids([folder])).toEqual(["a"]);
    expect(ids([folder], {recursive: true})).toEqual(["a", "d", "m"]);
  });

  it("doesn't follow a link in circles", () => {
    touch("a.png", "sub/b.png");
    symlinkSync(folder, join(folder, "sub", "up"));
    symlinkSync(join(folder, "nowhere"), join(folder, "broken.dat"));
    expect(ids([folder], {recursive: true})).toEqual(["a", "b"]);
  });

  it("names the files that have the same id", () => {
    touch("a.png", "a.jpg", "x/a.png");
    expect(() => listImages([folder])).toThrow(/different ids .*: a \(.*a\.jpg and .*a\.png\)$/);
    expect(() => listImages([join(folder, "a.png"), join(folder, "x")])).toThrow(/a \(/);
    expect(() => listImages([join(folder, "a.png"), join(folder, "a.png")])).toThrow(/a \(.*a\.png twice\)$/);
  });

  it("reads a list of paths, relative to the list", () => {
    touch("img/b.png", "img/a.png");
    writeFileSync(join(folder, "list.txt"), "# test images\nimg/b.png\r\n\nimg/a.png\n");
    expect(ids([join(folder, "list.txt")])).toEqual(["a", "b"]);
    writeFileSync(join(folder, "list.txt"), "img/c.png\n");
    expect(() => listImages([join(folder, "list.txt")])).toThrow(
      /there is no file or folder .*c\.png \(listed in .*list\.txt\)/
    );
    writeFileSync(join(folder, "list.txt"), "#\n");
    expect(() => listImages([join(folder, "list.txt")])).toThrow(/lists no images/);
  });

  it("says what an empty folder lacks", () => {
    mkdirSync(join(folder, "empty"));
    touch("above/below/a.png");
    expect(() => listImages([join(folder, "empty")])).toThrow(
      /holds no images \(\.png, \.jpg, \.jpeg, \.tif, \.tiff, \.npy\)$/
    );
    expect(() => listImages([join(folder, "above")])).toThrow(/; its sub-folders count only with --recursive$/);
    expect(() => listImages([join(folder, "none")])).toThrow(/^there is no file or folder /);
  });
});

describe("naturalOrder(a, b)", () => {
  const names = fc.stringMatching(/^[a-b0-1_]{0,6}$/);

  it("is a total order", () => {
    fc.assert(
      fc.property(names, names, names, (a, b, c) => {
        expect(Math.sign(naturalOrder(a, b))).toBe(-Math.sign(naturalOrder(b, a)) + 0);
        expect(naturalOrder(a, b) === 0).toBe(a === b);
        if (naturalOrder(a, b) <= 0 && naturalOrder(b, c) <= 0) expect(naturalOrder(a, c)).toBeLessThanOrEqual(0);
      }),
      {seed: 1, numRuns: 5000}
    );
  });

  it("orders by the number within", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (a, b) => {
        expect(Math.sign(naturalOrder(`x${a}.y`, `x${b}.y`))).toBe(Math.sign(a - b));
      }),
      {seed: 2}
    );
  });
});
