import {mkdtempSync, rmSync, truncateSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import fc from "fast-check";
import {afterAll, beforeAll, describe, expect, it} from "vitest";
import {encodeSafetensors, parseSafetensors} from "../../models/checkpoints/index.js";
import {openCheckpoint} from "../../models/checkpoints/open.js";
import {InputError} from "../../models/errors.js";
import {hasShared, shared} from "../support/shared.js";
import {rawSafetensors} from "./support/safetensors.js";

const f32 = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const one = {a: {dtype: "F32", shape: [1], data_offsets: [0, 4]}};

describe("parseSafetensors(buffer, source)", () => {
  it("lists the tensors, keeps the metadata and reads the values", () => {
    const file = parseSafetensors(
      rawSafetensors(
        {
          __metadata__: {format: "pt"},
          b: {dtype: "F32", shape: [2, 1], data_offsets: [2, 10]},
          a: {dtype: "U8", shape: [2], data_offsets: [0, 2]},
          scalar: {dtype: "F32", shape: [], data_offsets: [10, 14]},
          none: {dtype: "F16", shape: [0, 3], data_offsets: [14, 14]}
        },
        Uint8Array.of(7, 9, ...f32(1.5, -2, 3))
      ),
      "x"
    );
    expect(file.metadata).toEqual({format: "pt"});
    expect([...file.tensors.values()].map(({name, dtype, shape}) => [name, dtype, shape])).toEqual([
      ["b", "F32", [2, 1]],
      ["a", "U8", [2]],
      ["scalar", "F32", []],
      ["none", "F16", [0, 3]]
    ]);
    // "b" begins at an address that is no multiple of 4
    expect([...file.read("b")]).toEqual([1.5, -2]);
    expect([...file.read("a")]).toEqual([7, 9]);
    expect([...file.read("scalar")]).toEqual([3]);
    expect(file.read("none")).toHaveLength(0);
    expect(() => file.read("c")).toThrow(new InputError('x has no tensor "c"'));
  });

  it("hands out values that are the caller's own", () => {
    const bytes = rawSafetensors(one, f32(5));
    const file = parseSafetensors(bytes, "x");
    file.read("a")[0] = 6;
    expect(file.read("a")[0]).toBe(5);
  });

  it("reads back what encodeSafetensors writes", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.tuple(fc.string({unit: "grapheme", minLength: 1}), fc.float32Array({noNaN: true, maxLength: 20})),
          {selector: ([name]) => name, maxLength: 6}
        ),
        (list) => {
          const tensors = list
            .filter(([name]) => name !== "__metadata__")
            .map(([name, values]) => ({name, shape: [values.length], values: () => values}));
          const file = parseSafetensors(encodeSafetensors(tensors, {metadata: {k: "v"}}), "x");
          expect(file.metadata).toEqual({k: "v"});
          expect([...file.tensors.keys()].sort()).toEqual(tensors.map(({name}) => name).sort());
          for (const {name, values} of tensors) expect(file.read(name)).toEqual(values());
        }
      ),
      {seed: 6}
    );
  });

  const entry = (changes: object) => ({a: {...one.a, ...changes}});
  const refused: [string, Uint8Array, string][] = [
    [
      "a file of three bytes",
      Uint8Array.of(1, 2, 3),
      "x is not a valid safetensors file: it has 3 bytes, fewer than the 8 that tell the header's length"
    ],
    [
      "a header over 100 MB",
      rawSafetensors(one, f32(1), 100_000_001n),
      "x is not a valid safetensors file: its header claims 100000001 bytes, more than the 100000000 allowed"
    ],
    [
      "a header of 2^63 bytes",
      rawSafetensors(one, f32(1), 1n << 63n),
      "x is not a valid safetensors file: its header claims 9223372036854775808 bytes, more than the 100000000 allowed"
    ],
    [
      "a header that ends after the file",
      rawSafetensors(one, f32(), 99n),
      "x is truncated: its header should end at byte 107, the file at byte 62"
    ],
    [
      "a header that is not UTF-8",
      Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff),
      "x is not a valid safetensors file: its header is not UTF-8"
    ],
    [
      "a header that does not start with a brace",
      rawSafetensors(" {}"),
      "x is not a valid safetensors file: its header does not start with {"
    ],
    [
      "a tensor twice",
      rawSafetensors(`{"a":${JSON.stringify(one.a)}, "\\u0061" :${JSON.stringify(one.a)}}`, f32(1)),
      'x is not a valid safetensors file: its header has "a" twice'
    ],
    [
      "metadata that is no text",
      rawSafetensors({__metadata__: {n: 1}}),
      'x is not a valid safetensors file: its __metadata__ has a value that is no text, "n"'
    ],
    [
      "a tensor without description",
      rawSafetensors({a: null}),
      'x is not a valid safetensors file: tensor "a" is described by null where an object was expected'
    ],
    [
      "an unknown dtype",
      rawSafetensors(entry({dtype: "F31"}), f32(1)),
      'x is not a valid safetensors file: tensor "a" has dtype "F31"; known ones are F64, F32, F16, BF16, F8_E4M3, F8_E5M2, I64, I32, I16, I8, U64, U32, U16, U8, BOOL'
    ],
    [
      "a shape with a negative size",
      rawSafetensors(entry({shape: [-1]}), f32(1)),
      'x is not a valid safetensors file: tensor "a" has shape [-1], not a list of sizes'
    ],
    [
      "offsets that are no positions",
      rawSafetensors(entry({data_offsets: [0, 4.5]}), f32(1)),
      'x is not a valid safetensors file: tensor "a" has data_offsets [0,4.5], not two byte positions'
    ],
    [
      "offsets that go backwards",
      rawSafetensors(entry({data_offsets: [4, 0]}), f32(1)),
      'x is not a valid safetensors file: tensor "a" takes -4 bytes, but F32 of shape [1] needs 4'
    ],
    [
      "a shape too large for its bytes",
      rawSafetensors(entry({shape: [2 ** 52, 2 ** 52]}), f32(1)),
      `x is not a valid safetensors file: tensor "a" takes 4 bytes, but F32 of shape [4503599627370496, 4503599627370496] needs ${2 ** 106}`
    ],
    [
      "data that end early",
      rawSafetensors(entry({shape: [2], data_offsets: [0, 8]}), f32(1)),
      'x is truncated: tensor "a" needs 8 bytes of data, the file has 4'
    ],
    [
      "data that belong to no tensor, at the end",
      rawSafetensors(one, f32(1, 2)),
      "x is not a valid safetensors file: 4 bytes after the last tensor belong to no tensor"
    ],
    [
      "data that belong to no tensor, before one",
      rawSafetensors(entry({data_offsets: [4, 8]}), f32(1, 2)),
      'x is not a valid safetensors file: 4 bytes before tensor "a" belong to no tensor'
    ],
    [
      "tensors that overlap",
      rawSafetensors({...one, b: {dtype: "F32", shape: [1], data_offsets: [2, 6]}}, Uint8Array.of(1, 2, 3, 4, 5, 6)),
      'x is not a valid safetensors file: tensors "a" and "b" overlap'
    ]
  ];
  it.each(refused)("refuses %s", (_, bytes, message) => {
    expect(() => parseSafetensors(bytes, "x")).toThrow(new InputError(message));
  });

  it("refuses a header nested deeper than the stack", () => {
    const deep = "[".repeat(500_000) + "]".repeat(500_000);
    expect(() => parseSafetensors(rawSafetensors(`{"a":{"dtype":${deep}}}`), "x")).toThrow(
      /tensor "a" has dtype something too deep to show|its header is not JSON/
    );
  });

  it("refuses a header that is not JSON", () => {
    expect(() => parseSafetensors(rawSafetensors("{]"), "x")).toThrow(
      /^x is not a valid safetensors file: its header is not JSON/
    );
  });
});

describe("openCheckpoint(path)", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "bandscope-checkpoints-"));
  });
  afterAll(() => rmSync(folder, {recursive: true}));

  it("reads safetensors from disk whatever the extension", () => {
    const path = join(folder, "weights.ckpt");
    writeFileSync(path, rawSafetensors(one, f32(5)));
    const file = openCheckpoint(path);
    expect(file.source).toBe(path);
    expect([...file.read("a")]).toEqual([5]);
    file.close();
    file.close();
  });

  it("reads one tensor of a file far larger than what it reads", () => {
    const path = join(folder, "sparse.safetensors");
    const large = 5 * 2 ** 30;
    const header = {
      large: {dtype: "U8", shape: [large], data_offsets: [0, large]},
      small: {dtype: "F32", shape: [2], data_offsets: [large, large + 8]}
    };
    const head = rawSafetensors(header);
    writeFileSync(path, head);
    // a hole: it takes no room on the disk
    truncateSync(path, head.length + large);
    writeFileSync(path, f32(3, 4), {flag: "a"});
    const before = process.memoryUsage.rss();
    const file = openCheckpoint(path);
    expect([...file.read("small")]).toEqual([3, 4]);
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 2 ** 20);
    file.close();
    rmSync(path);
  });

  it("tells of a file that shrinks after it was opened", () => {
    const path = join(folder, "shrinks.safetensors");
    writeFileSync(path, rawSafetensors(one, f32(5)));
    const file = openCheckpoint(path);
    truncateSync(path, 64);
    expect(() => file.read("a")).toThrow(
      new InputError(`${path} is truncated: it should hold at least 66 bytes and has 64`)
    );
    file.close();
  });

  it.each([
    ["an empty file", "", "it is empty"],
    ["a text file", "hello there", "it begins with 68 65 6c 6c 6f 20 74 68"]
  ])("refuses %s", (_, content, reason) => {
    const path = join(folder, "other");
    writeFileSync(path, content);
    expect(() => openCheckpoint(path)).toThrow(
      new InputError(`${path} is no checkpoint: expected a safetensors or PyTorch file, ${reason}`)
    );
  });

  it("refuses a path that is absent, a folder or a device", () => {
    expect(() => openCheckpoint("/dev/zero")).toThrow(
      new InputError("/dev/zero is no regular file where a checkpoint file was expected")
    );
    expect(() => openCheckpoint(join(folder, "nowhere"))).toThrow(
      new InputError(`there is no ${join(folder, "nowhere")}`)
    );
    expect(() => openCheckpoint(folder)).toThrow(
      new InputError(`${folder} is a folder where a checkpoint file was expected`)
    );
  });
});

describe.skipIf(!hasShared)("the reference files", () => {
  it("float16 weights equal the float32 ones rounded", () => {
    const folder = "golden/autoencoder/sd-vae-narrow/diffusion_pytorch_model";
    const half = openCheckpoint(shared(`${folder}.fp16.safetensors`));
    const full = openCheckpoint(shared(`${folder}.safetensors`));
    expect([...half.tensors.keys()]).toEqual([...full.tensors.keys()]);
    for (const name of full.tensors.keys()) {
      const a = half.read(name);
      const b = full.read(name);
      // half a unit in the last place of float16, or of its subnormals
      for (let i = 0; i < a.length; i++)
        if (!(Math.abs(a[i] - b[i]) <= Math.max(Math.abs(b[i]) * 2 ** -11, 2 ** -25)))
          throw new Error(`${name}[${i}]: ${a[i]} ${b[i]}`);
    }
  });

  it("encodeSafetensors rounds them to the very same float16 bytes", () => {
    const folder = "golden/autoencoder/sd-vae-narrow/diffusion_pytorch_model";
    const half = openCheckpoint(shared(`${folder}.fp16.safetensors`));
    const full = openCheckpoint(shared(`${folder}.safetensors`));
    const tensors = [...full.tensors.values()].map(({name, shape}) => ({name, shape, values: () => full.read(name)}));
    const written = parseSafetensors(encodeSafetensors(tensors, {dtype: "F16"}), "written");
    for (const name of half.tensors.keys())
      expect(Buffer.compare(Buffer.from(written.read(name).buffer), Buffer.from(half.read(name).buffer)), name).toBe(0);
  });
});
