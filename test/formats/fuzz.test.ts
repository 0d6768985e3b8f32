import {mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {deflateSync, gunzipSync, gzipSync, inflateSync} from "node:zlib";
import {afterAll, describe, expect, it} from "vitest";
import {readVolume} from "../../loaders/formats/index.js";
import {crc32} from "../../loaders/images/crc32.js";
import {encodeNpy, encodePng8, encodePng16, readImage} from "../../loaders/images/index.js";
import {InputError} from "../../models/errors.js";
import {hasShared, shared} from "../support/shared.js";
import {concatenate, dicomFile, metaImageFile, niftiFile, nrrdFile, pattern, tiffFile} from "./support/samples.js";

/** BANDSCOPE_FUZZ=1000 runs a thousand mutations a format, BANDSCOPE_FUZZ_SEED others. */
const mutations = Number(process.env.BANDSCOPE_FUZZ ?? 60);
const seed = Number(process.env.BANDSCOPE_FUZZ_SEED ?? 20_240_501);
const folder = mkdtempSync(join(tmpdir(), "bandscope-fuzz-"));
afterAll(() => rmSync(folder, {recursive: true}));

const plane = {width: 24, height: 20, data: Float32Array.from({length: 480}, (_, i) => (i % 37) / 36)};
const voxels = pattern(9, 8, 7);
const files = (...names: string[]) =>
  hasShared ? names.map((name) => new Uint8Array(readFileSync(shared(`formats/${name}`)))) : [];

const formats: Record<
  string,
  {seeds: Uint8Array[]; read: (path: string) => Promise<unknown>; repair?: (bytes: Uint8Array) => Uint8Array}
> = {
  png: {
    seeds: [
      encodePng8(plane),
      encodePng16(plane),
      ...files("png/basi0g16.png", "png/s39i3p04.png", "png/basn6a16.png", "png/tbwn0g16.png")
    ],
    read: readImage,
    repair: withChecksums
  },
  jpeg: {seeds: files("png/chelsea.jpg"), read: readImage},
  npy: {seeds: [encodeNpy(plane.data, [20, 24])], read: readImage},
  tiff: {
    seeds: [
      tiffFile(Uint16Array.from(voxels.subarray(0, 72)), 9, 8),
      ...files(
        "tiff/seq-1c-16b-lzw-68f373a0.tiff",
        "tiff/seq-1c-16b-deflate-68f373a0.tiff",
        "tiff/seq-1c-16b-tiled-68f373a0.tiff",
        "tiff/issue_69_packbits.tiff",
        "tiff/BigTIFF.tif",
        "tiff/palette-1c-8b.tiff"
      )
    ],
    read: readVolume
  },
  nifti: {
    seeds: [
      niftiFile({shape: [9, 8, 7], data: voxels, slope: 2, inter: -1}),
      niftiFile({version: 2}),
      ...files("nifti/resampled_anat_moved.nii")
    ],
    read: readVolume
  },
  "nifti.gz": {
    seeds: [
      gzipSync(niftiFile({shape: [9, 8, 7], data: voxels})),
      ...files("nifti/minimal.nii.gz", "nifti/test.mgz", "nifti/example_nifti2.nii.gz")
    ],
    read: readVolume,
    repair: withoutGzipDamage
  },
  dicom: {
    seeds: [
      dicomFile(voxels, 8, 63),
      ...files(
        "dicom/MR_small.dcm",
        "dicom/MR_small_RLE.dcm",
        "dicom/MR_small_jp2klossless.dcm",
        "dicom/MR_small_jpeg_ls_lossless.dcm",
        "dicom/MR_small_implicit.dcm",
        "dicom/MR_small_bigendian.dcm",
        "dicom/JPEG-lossy.dcm",
        "dicom/SC_rgb_jpeg_dcmtk.dcm",
        "dicom/image_dfl.dcm",
        "dicom/liver_1frame.dcm",
        "dicom/parametric_map_float.dcm",
        "dicom/emri_small_jpeg_ls_lossless.dcm",
        "dicom/jpeg_lossless_sel1.dcm"
      )
    ],
    read: readVolume
  },
  nrrd: {seeds: [nrrdFile(voxels, [9, 8, 7]), nrrdFile(voxels, [9, 8, 7], true)], read: readVolume},
  metaimage: {seeds: [metaImageFile(voxels, [9, 8, 7]), ...files("nrrd/mha.mha")], read: readVolume}
};

describe("damaged files", () => {
  for (const [name, {seeds, read, repair}] of Object.entries(formats)) {
    it.skipIf(seeds.length === 0)(
      `${mutations} mutations of ${name} are read, or refused in one sentence, each within a second`,
      async () => {
        const random = mulberry32(seed);
        const tally = {read: 0, refused: 0};
        let slowest = 0;
        let memory = 0;
        for (let i = 0; i < mutations; i++) {
          let bytes = mutate(seeds[i % seeds.length], random);
          if (repair !== undefined && random() < 0.6) bytes = repair(bytes);
          const path = join(folder, `${name}-${i}`);
          writeFileSync(path, bytes);
          const attempt = async () => {
            // processor time: another process may hold the machine up
            const started = process.cpuUsage();
            try {
              await read(path);
              tally.read++;
            } catch (error) {
              if (!(error instanceof InputError)) throw new Error(`mutation ${i} of ${name} (${path})`, {cause: error});
              expect(error.message).toMatch(/^[^\n]{10,1000}$/);
              tally.refused++;
            }
            const {user, system} = process.cpuUsage(started);
            return (user + system) / 1000;
          };
          const ms = await attempt();
          expect(ms, `mutation ${i} of ${name} took ${ms} ms`).toBeLessThan(1000);
          slowest = Math.max(slowest, ms);
          memory = Math.max(memory, process.memoryUsage().rss);
          rmSync(path);
        }
        expect(memory / 2 ** 20, "MiB resident").toBeLessThan(2048);
        // a fuzzer whose files are all read, or all refused at the first byte, tests nothing
        expect(tally.refused).toBeGreaterThan(0);
        expect(tally.read).toBeGreaterThan(0);
        if (process.env.BANDSCOPE_FUZZ) {
          process.stderr.write(
            `${name}: ${tally.read} read, ${tally.refused} refused, slowest ${slowest.toFixed(0)} ms, at most ${(memory / 2 ** 20).toFixed(0)} MiB resident\n`
          );
        }
      },
      3_600_000
    );
  }
});

const extremes = [0, 1, 0x7f, 0x80, 0xfe, 0xff];

/**
 * One to eight changes: bits, bytes, extreme words, cuts, insertions, copies of a block elsewhere; more often near
 * the header.
 */
function mutate(seed: Uint8Array, random: () => number): Uint8Array {
  // a Buffer's slice would share the seed's memory
  let bytes: Uint8Array = new Uint8Array(seed);
  const below = (n: number) => Math.floor(random() * n);
  const place = () => (random() < 0.5 ? below(bytes.length) : below(Math.min(bytes.length, 600)));
  for (let changes = 1 + below(random() < 0.5 ? 2 : 8); changes > 0; changes--) {
    const kind = random();
    if (bytes.length < 2) break;
    if (kind < 0.35) bytes[place()] ^= 1 << below(8);
    else if (kind < 0.6) bytes[place()] = below(256);
    else if (kind < 0.8) {
      const at = place();
      bytes.fill(extremes[below(extremes.length)], at, at + (1 << below(4)));
    } else if (kind < 0.87) bytes = bytes.slice(0, below(bytes.length));
    else if (kind < 0.94) {
      const at = place();
      const inserted = Uint8Array.from({length: 1 + below(16)}, () => below(256));
      const longer = new Uint8Array(bytes.length + inserted.length);
      longer.set(bytes.subarray(0, at));
      longer.set(inserted, at);
      longer.set(bytes.subarray(at), at + inserted.length);
      bytes = longer;
    } else bytes.copyWithin(place(), place(), place());
  }
  return bytes;
}

/** The same PNG with other scanlines, well compressed, and every checksum made right, so that damage gets past them. */
function withChecksums(bytes: Uint8Array): Uint8Array {
  const seeds = formats.png.seeds;
  const result =
    bytes.length % 2
      ? new Uint8Array(bytes)
      : withScanlines(seeds[bytes.length % seeds.length], mulberry32(crc32(bytes)));
  const view = new DataView(result.buffer);
  for (let at = 8; at + 12 <= result.length; ) {
    const length = view.getUint32(at);
    if (at + 12 + length > result.length) break;
    view.setUint32(at + 8 + length, crc32(result.subarray(at + 4, at + 8 + length)));
    at += 12 + length;
  }
  return result;
}

/** A PNG with mutated scanlines, and its header's fields too now and then. */
function withScanlines(seed: Uint8Array, random: () => number): Uint8Array {
  const view = new DataView(seed.buffer, seed.byteOffset, seed.byteLength);
  const before: Uint8Array[] = [seed.subarray(0, 8)];
  const data: Uint8Array[] = [];
  for (let at = 8; at < seed.length; ) {
    const length = view.getUint32(at);
    const chunk = seed.slice(at, at + 12 + length);
    const type = String.fromCharCode(...chunk.subarray(4, 8));
    if (type === "IHDR" && random() < 0.5) chunk[8 + Math.floor(random() * 13)] = Math.floor(random() * 17);
    if (type === "IDAT") data.push(chunk.subarray(8, 8 + length));
    else if (type !== "IEND") before.push(chunk);
    at += 12 + length;
  }
  const scanlines = deflateSync(mutate(new Uint8Array(inflateSync(concatenate(data))), random));
  const idat = new Uint8Array(12 + scanlines.length);
  new DataView(idat.buffer).setUint32(0, scanlines.length);
  idat.set(new TextEncoder().encode("IDAT"), 4);
  idat.set(scanlines, 8);
  return concatenate([...before, idat, Uint8Array.of(0, 0, 0, 0, 73, 69, 78, 68, 0, 0, 0, 0)]);
}

/**
 * Zips mutated content anew, so that damage gets past the checksum of gzip: the header is changed in the unpacked
 * file.
 */
function withoutGzipDamage(bytes: Uint8Array): Uint8Array {
  const seed = formats["nifti.gz"].seeds[bytes.length % formats["nifti.gz"].seeds.length];
  return gzipSync(mutate(new Uint8Array(gunzipSync(seed)), mulberry32(crc32(bytes))));
}

/** Tommy Ettinger's Mulberry32. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
