import {mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {deflateSync, gzipSync} from "node:zlib";
import {describe, expect, onTestFinished, test} from "vitest";
import {encodeNpy, encodePng8} from "../../loaders/images/index.js";
import {findPixels} from "../../loaders/publish/find-pixels.js";
import {random as seeded} from "../../src/measures/random.js";

const random = seeded("find-pixels", 3);
const side = 32;
const image = {
  data: Float32Array.from({length: side * side}, () => random.uniform()),
  width: side,
  height: side
};
const bytes = Buffer.from(Uint8Array.from(image.data, (value) => Math.round(255 * value)));
const row = image.data.subarray(5 * side, 6 * side);
const floats = Buffer.from(row.buffer, row.byteOffset, row.byteLength);
const doubles = Buffer.from(Float64Array.from(row).buffer);

async function found(content: Uint8Array | string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "bandscope-pixels-"));
  onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
  writeFileSync(join(folder, "file.json"), content);
  return (await findPixels(folder, [image])).map(({what}) => what);
}

describe("findPixels", () => {
  test.each([
    ["a picture", encodePng8(image)],
    ["a picture of something else", encodePng8({data: new Float32Array(4096), width: 64, height: 64})],
    ["a picture in base64 in JSON", JSON.stringify({a: Buffer.from(encodePng8(image)).toString("base64")})],
    ["an array", encodeNpy(image.data, [side, side])],
    ["8-bit rows at an odd place", Buffer.concat([Buffer.from("abc"), bytes.subarray(3 * side, 4 * side)])],
    ["rows of float32", Buffer.concat([Buffer.from("x"), floats])],
    ["rows of float64", Buffer.concat([Buffer.from("xyz"), doubles])],
    ["rows of float32 in base64", `{"a":"${Buffer.concat([floats, floats]).toString("base64")}"}`],
    ["gzipped rows", gzipSync(bytes)],
    ["deflated rows", deflateSync(bytes)],
    ["grey levels as numbers in JSON", JSON.stringify({p: Array.from(row, (value) => Math.round(value * 255))})],
    ["numbers from 0 to 1 in CSV", Array.from(row, (value) => value.toFixed(4)).join(",\n")]
  ])("finds %s", async (_, content) => {
    expect(await found(content)).not.toEqual([]);
  });

  test.each([
    ["numbers that are no image's", JSON.stringify(Array.from({length: 500}, (_, i) => Math.sin(i * i)))],
    ["other random bytes", Buffer.from(Uint8Array.from({length: 100_000}, () => Math.floor(256 * random.uniform())))],
    ["words", "Reconstructions and bands ".repeat(200)],
    [
      "the first bytes of a PNG in code",
      Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(100, "x")])
    ]
  ])("is silent about %s", async (_, content) => {
    expect(await found(content)).toEqual([]);
  });
});
