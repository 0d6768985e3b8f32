import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {encodePng8} from "../../loaders/images/index.js";
import type {Plane} from "../../src/measures/image.js";
import {random} from "../../src/measures/random.js";
import {resize} from "../../src/measures/resize.js";

/** A temporary folder that `remove` takes away. */
export function temporaryFolder(): {path: string; remove: () => void} {
  const path = mkdtempSync(join(tmpdir(), "bandscope-analyse-"));
  return {path, remove: () => rmSync(path, {recursive: true, force: true})};
}

/** Something smooth in [0, 1] with some detail, another for each name. */
export function picture(name: string, side = 64): Plane {
  const source = random("picture", name);
  const coarse = resize(
    {data: Float64Array.from({length: 64}, () => source.uniform()), width: 8, height: 8},
    side,
    side
  );
  return {...coarse, data: Float64Array.from(coarse.data, (v) => clamp(0.1 + 0.8 * v + 0.03 * source.normal()))};
}

/** The picture shrunk, and enlarged again with some noise. */
export function degraded(image: Plane, name: string, noise = 0.01): {lr: Plane; sr: Plane} {
  const source = random("degraded", name);
  const lr = resize(image, image.width / 4, image.height / 4);
  const up = resize(lr, image.width, image.height);
  return {lr, sr: {...up, data: Float64Array.from(up.data, (v) => clamp(v + noise * source.normal()))}};
}

/** The picture with noise, as an autoencoder's reconstruction. */
export function noisy(image: Plane, name: string, sd: number): Plane {
  const source = random("noisy", name);
  return {...image, data: Float64Array.from(image.data, (v) => clamp(v + sd * source.normal()))};
}

/** Writes images as 8-bit PNG into a folder, by id. */
export function writeImages(folder: string, images: Readonly<Record<string, Plane>>): string {
  mkdirSync(folder, {recursive: true});
  for (const [id, image] of Object.entries(images)) writeFileSync(join(folder, `${id}.png`), encodePng8(image));
  return folder;
}

/**
 * `n` images as folders hr, lr, a (the better arm), b and ae below `root`; ids p0_s0, p0_s1, p1_s0, …: two slices a
 * patient.
 */
export function writeStudy(root: string, n: number, side = 64) {
  const images = Array.from({length: n}, (_, i) => {
    const id = `p${i >> 1}_s${i & 1}`;
    const hr = picture(id, side);
    const {lr, sr} = degraded(hr, id, 0.005);
    return {id, hr, lr, a: sr, b: degraded(hr, `${id} b`, 0.03).sr, ae: noisy(hr, id, 0.01)};
  });
  const write = (name: "hr" | "lr" | "a" | "b" | "ae") =>
    writeImages(join(root, name), Object.fromEntries(images.map((image) => [image.id, image[name]])));
  return {hr: write("hr"), lr: write("lr"), a: write("a"), b: write("b"), ae: write("ae")};
}

function clamp(v: number): number {
  return Math.min(1, Math.max(0, v));
}
