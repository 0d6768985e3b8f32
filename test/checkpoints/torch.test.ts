import {readdirSync, readFileSync} from "node:fs";
import {basename, extname} from "node:path";
import {fileURLToPath} from "node:url";
import {describe, expect, it} from "vitest";
import {parseCheckpoint} from "../../models/checkpoints/index.js";
import {openCheckpoint} from "../../models/checkpoints/open.js";
import {InputError} from "../../models/errors.js";
import {hasShared, shared} from "../support/shared.js";
import {concat, latin1, type RawEntry, rawZip, torchZip} from "./support/zip.js";

const fixtures = fileURLToPath(new URL("../fixtures/checkpoints/", import.meta.url));
const open = (bytes: Uint8Array) => parseCheckpoint(bytes, "x");

const f32 = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const short = (text: string) => `X${String.fromCharCode(text.length)}\0\0\0${text}`;
const storage = (key: string, count: number, type = "FloatStorage") =>
  `(${short("storage")}ctorch\n${type}\n${short(key)}${short("cpu")}K${String.fromCharCode(count)}tQ`;
const ints = (...values: number[]) => `(${values.map((v) => `K${String.fromCharCode(v)}`).join("")}t`;
/** The pickle of a tensor on storage "0" of four float32. */
const tensor = ({offset = 0, shape = [4], strides = [1], from = storage("0", 4)} = {}) =>
  `ctorch._utils\n_rebuild_tensor_v2\n(${from}K${String.fromCharCode(offset)}${ints(...shape)}${ints(...strides)}\x89ccollections\nOrderedDict\n)RtR`;
const dict = (items: Record<string, string>) =>
  `}(${Object.entries(items)
    .map(([key, value]) => short(key) + value)
    .join("")}u`;
const pickled = (body: string) => `\x80\x02${body}.`;
const data = {0: f32(1, 2, 3, 4)};

describe("openCheckpoint(path) of PyTorch files", () => {
  const pairs = readdirSync(fixtures)
    .filter((file) => /\.(pt|pth|ckpt|bin)$/.test(file))
    .map((file) => [file, `${basename(file, extname(file))}.json`])
    .filter(([, json]) => readdirSync(fixtures).includes(json));

  it.each(pairs)("reads %s as PyTorch does", (file, json) => {
    const expected: Record<string, {dtype: string; shape: number[]; values: number[]}> = JSON.parse(
      readFileSync(fixtures + json, "utf8")
    );
    const checkpoint = openCheckpoint(fixtures + file);
    expect([...checkpoint.tensors.keys()].sort()).toEqual(Object.keys(expected).sort());
    for (const [name, {dtype, shape, values}] of Object.entries(expected)) {
      expect(checkpoint.tensors.get(name)).toEqual({name, dtype: dtypeNames[dtype], shape});
      expect([...checkpoint.read(name)], name).toEqual([...Float32Array.from(values)]);
    }
    checkpoint.close();
  });

  it("keeps a Lightning file's hyper-parameters, and of what surrounds them only what is plain", () => {
    const {metadata} = openCheckpoint(`${fixtures}lightning.ckpt`);
    expect(metadata).toEqual({
      epoch: 7,
      hyper_parameters: {
        timesteps: 100,
        beta_schedule: "cosine",
        channel_mult: [1, 2, 4],
        nested: {lr: 1e-4, big: 2 ** 70},
        score: 0.5,
        options: {seed: 3, name: "x"},
        device: "<torch.device>"
      }
    });
  });

  it.each(["evil.pt", "evil-legacy.pth"])("refuses %s by the name of the function that it would run", (file) => {
    expect(() => openCheckpoint(fixtures + file)).toThrow(
      new InputError(
        `${fixtures}${file} is refused: its pickle names posix.system, and a checkpoint may hold tensors and plain containers only (save the model's state_dict() instead)`
      )
    );
  });

  it("refuses a TorchScript program", () => {
    expect(() => openCheckpoint(`${fixtures}script.pt`)).toThrow(
      /is compressed, which torch\.save never does \(TorchScript/
    );
  });

  describe.skipIf(!hasShared)("and of the reference folder", () => {
    it.each([
      ["carn_m", "carn_m"],
      ["rfdn_aim_x4", "rfdn_aim_x4"],
      ["rlfn_ntire_x4", "rlfn_ntire_x4"],
      ["vdsr_epoch50", "vdsr"]
    ])("weights/sr/%s.pth equals its safetensors twin bit for bit", (pth, twin) => {
      const a = openCheckpoint(shared(`weights/sr/${pth}.pth`));
      const b = openCheckpoint(shared(`weights/sr/${twin}.safetensors`));
      expect([...a.tensors.keys()].sort()).toEqual([...b.tensors.keys()].sort());
      for (const [name, {shape}] of b.tensors) {
        expect(a.tensors.get(name)?.shape).toEqual(shape);
        expect(Buffer.compare(Buffer.from(a.read(name).buffer), Buffer.from(b.read(name).buffer)), name).toBe(0);
      }
    });

    it.each([
      ["golden/autoencoder/kl-f4-narrow/model.ckpt", 202],
      ["golden/autoencoder/compvis-level-attention/model.ckpt", 250],
      ["golden/autoencoder/medvae-4x1-narrow/vae.ckpt", 208],
      ["golden/autoencoder/medvae-4x3-lora-narrow/vae.ckpt", 304],
      ["golden/autoencoder/medvae-4x4-nods-narrow/vae.ckpt", 200],
      ["golden/autoencoder/medvae-8x4-lora-narrow/vae.ckpt", 368],
      ["golden/unet/ddpm-x0-cosine/last.ckpt", 183],
      ["golden/unet/flow-matching/last.ckpt", 182],
      ["weights/lpips/lpips_v0.1_alex.pth", 5],
      ["weights/lpips/lpips_v0.1_squeeze.pth", 7],
      ["weights/lpips/lpips_v0.1_vgg.pth", 5],
      ["weights/taesd/taef2_encoder.pth", 79],
      ["weights/taesd/taef2_decoder.pth", 79]
    ])("%s has %i tensors of finite values", (path, count) => {
      const checkpoint = openCheckpoint(shared(path));
      expect(checkpoint.tensors.size).toBe(count);
      for (const [name, {shape}] of checkpoint.tensors) {
        const values = checkpoint.read(name);
        expect(values).toHaveLength(shape.reduce((a, b) => a * b, 1));
        expect(values.every(Number.isFinite), name).toBe(true);
      }
      checkpoint.close();
    });

    it("a study checkpoint's buffer holds what the reference file says", () => {
      const study = openCheckpoint(shared("golden/unet/ddpm-x0-cosine/last.ckpt"));
      const io = openCheckpoint(shared("golden/unet/ddpm-x0-cosine/io.safetensors"));
      expect(study.read("alphas")).toEqual(io.read("alphas"));
      expect(study.metadata.hyper_parameters).toMatchObject({
        beta_schedule: "cosine",
        timesteps: 100,
        channel_mult: [1, 2, 2]
      });
    });
  });
});

describe("a pickle", () => {
  it("is read when it is as torch.save would write it", () => {
    const file = open(torchZip(pickled(dict({w: tensor({shape: [2, 2], strides: [1, 2]})})), data));
    expect([...file.read("w")]).toEqual([1, 3, 2, 4]);
  });

  it("that another tool wrote in protocol 0 is read too", () => {
    const old = `(dp0\nVw\np1\n${tensor()}p2\nsVn\nI01\nsVm\nL123L\nsVf\nF1e-3\nsS'it\\'s'\nS"a\\x41\\n"\nsg1\ng2\ns.`;
    expect([...open(torchZip(old, data)).read("w")]).toEqual([1, 2, 3, 4]);
  });

  it.each([
    ["by GLOBAL and REDUCE", "cos\nsystem\nX\x02\0\0\0ls\x85R", "os.system"],
    ["by STACK_GLOBAL", "\x8c\x05posix\x8c\x06system\x93\x8c\x02ls\x85R", "posix.system"],
    ["by INST", "(X\x02\0\0\0lsios\nsystem\n", "os.system"],
    ["by OBJ", "(c__builtin__\neval\nX\x01\0\0\x001o", "__builtin__.eval"],
    ["by NEWOBJ", "csubprocess\nPopen\n)\x81", "subprocess.Popen"],
    ["without calling it", "cbuiltins\ngetattr\n", "builtins.getattr"],
    ["as a method of something allowed", "ccollections\nOrderedDict.fromkeys\n)R", "collections.OrderedDict.fromkeys"],
    ["from torch itself", "ctorch.hub\nload\n)R", "torch.hub.load"],
    ["as an attribute of an object of JavaScript's", "cconstructor\nconstructor\n)R", "constructor.constructor"],
    ["with control characters", "c\x1b[2J\nx\n", "?[2J.x"]
  ])("that names a global %s is refused by that name", (_, body, name) => {
    expect(() => open(torchZip(pickled(dict({w: tensor(), evil: body})), data))).toThrow(
      new InputError(
        `x is refused: its pickle names ${name}, and a checkpoint may hold tensors and plain containers only (save the model's state_dict() instead)`
      )
    );
  });

  const invalid: [string, string, string][] = [
    ["takes from an empty stack", "R", "takes from an empty stack"],
    ["ends a group that it did not begin", "t", "ends a group that it did not begin"],
    ["recalls what it did not store", "h\x07", "recalls item 7 that it did not store"],
    ["calls what is no function", "N)R", "calls something that is no function or class"],
    ["calls a storage's type", "ctorch\nFloatStorage\n)R", "calls torch.FloatStorage, which a checkpoint only names"],
    ["sets items of a list", "]NNs", "sets an item of something that is no dictionary"],
    ["has a key without a value", "}(Nu", "has a dictionary key without a value"],
    ["has a text identifier", "P1\n", "has opcode 0x50 at byte 48, which is unknown or not allowed"],
    ["has a registered extension", "\x82\x01", "has opcode 0x82 at byte 48, which is unknown or not allowed"],
    ["has a line without end", `S${"a".repeat(10_000_000)}`, "has an overlong line"],
    ["has a huge integer", "\x8b\x01\x01\0\0", "has an integer of 257 bytes"],
    ["has a persistent id that is no storage", "NQ", "has a persistent id that is no storage"],
    [
      "has a storage of no known type",
      storage("0", 4).replace("ctorch\nFloatStorage\n", "N"),
      "has a storage of no known type"
    ],
    ["has a storage of another size", tensor({from: storage("0", 5)}), "gives storage 0 20 bytes, the archive has 16"],
    [
      "has a tensor beyond its storage",
      tensor({offset: 1}),
      "builds a F32 tensor of shape [4] that needs 20 bytes of storage 0, which has 16"
    ],
    [
      "has a tensor with strides beyond its storage",
      tensor({strides: [2]}),
      "builds a F32 tensor of shape [4] that needs 28 bytes of storage 0, which has 16"
    ],
    [
      "has more sizes than strides",
      tensor({shape: [2, 2]}),
      "builds a tensor whose offset, size and strides do not fit together"
    ],
    [
      "repeats one value without end",
      tensor({shape: [255, 255, 255, 255], strides: [0, 0, 0, 0]}),
      "builds a tensor of 4228250625 elements from 1 stored ones, more than 16777216 are not allowed"
    ]
  ];
  it.each(invalid)("that %s is refused", (_, body, reason) => {
    expect(() => open(torchZip(pickled(body), data))).toThrow(
      new InputError(`x is not a valid PyTorch file: its pickle ${reason}`)
    );
  });

  it("that never stops is refused as truncated", () => {
    expect(() => open(torchZip("\x80\x02}", data))).toThrow(
      new InputError("x is truncated: its pickle does not end before byte 49")
    );
  });

  it("that copies one list over and over is stopped", () => {
    const list = `](${"N".repeat(50_000)}eq\x010`;
    const copies = "cbuiltins\nlist\nh\x01\x85R0".repeat(1000);
    expect(() => open(torchZip(pickled(`${list}${copies}N`)))).toThrow(/its pickle takes more than 2000000 steps/);
  });

  it("of nothing but empty dictionaries is stopped", () => {
    const before = process.memoryUsage.rss();
    expect(() => open(torchZip(pickled("}".repeat(10_000_000))))).toThrow(/its pickle takes more than 2000000 steps/);
    expect(process.memoryUsage.rss() - before).toBeLessThan(800 * 2 ** 20);
  });

  it("that nests lists deeper than the stack is refused in a sentence", () => {
    const deep = `]${"\x85".repeat(500_000)}`;
    expect(() => open(torchZip(pickled(dict({w: deep}))))).toThrow(/holds no state_dict/);
    expect(() => open(torchZip(pickled(storage("0", 4).replace("K\x04t", `${deep}t`))))).toThrow(
      new InputError("x is not a valid PyTorch file: its pickle has a storage of something too deep to show elements")
    );
    const file = open(torchZip(pickled(dict({state_dict: dict({w: tensor()}), deep})), data));
    expect(JSON.stringify(file.metadata).length).toBeLessThan(1000);
  });

  it("whose module contains itself is refused", () => {
    const module = `cvdsr\nNet\n)\x81q\x01}(${short("_modules")}}(${short("a")}h\x01${short("b")}h\x01uub`;
    expect(() => open(torchZip(pickled(dict({model: module})), data))).toThrow(
      /nested deeper than 64 levels|more than 100,000 parts/
    );
  });

  it("with a key named __proto__ changes no prototype", () => {
    const file = open(
      torchZip(pickled(dict({state_dict: dict({__proto__x: tensor()}), ["__proto__"]: dict({polluted: "\x88"})})), data)
    );
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(Object.getPrototypeOf(file.metadata)).toBe(Object.prototype);
  });

  it.each([
    ["a list", "]", "x holds no state_dict: expected a dictionary of tensors by name"],
    [
      "a dictionary of numbers",
      dict({a: "K\x01", b: "K\x02"}),
      "x holds no state_dict: expected tensors by name, or them under state_dict, params_ema, params, model_state_dict, state_dict_ema, model, net, found a, b"
    ]
  ])("of %s holds no state_dict", (_, body, message) => {
    expect(() => open(torchZip(pickled(body)))).toThrow(new InputError(message));
  });
});

describe("a zip archive", () => {
  const pickle = {name: "archive/data.pkl", data: latin1(pickled(dict({w: tensor()})))};
  const weights = {name: "archive/data/0", data: f32(1, 2, 3, 4)};

  it("is read when it is sound", () => {
    expect([...open(rawZip([pickle, weights])).read("w")]).toEqual([1, 2, 3, 4]);
  });

  it("is read with 64-bit sizes too", () => {
    const bytes = rawZip([pickle, weights], {zip64: true});
    expect([...open(bytes).read("w")]).toEqual([1, 2, 3, 4]);
    const at = bytes.length - 22 - 20;
    for (const [position, message] of [
      [at, "its zip64 locator is missing"],
      [at - 56, "its zip64 record is malformed"],
      [at + 14, "its zip64 record does not lie before its locator"],
      [at - 56 + 38, /its directory claims \d+ entries, more than the 200000 allowed/],
      [at - 56 + 46, /its directory claims \d+ bytes, more than the 67108864 allowed/],
      [at - 56 + 54, /its directory should end at byte \d+, but what follows it begins at/]
    ] as const) {
      const broken = bytes.slice();
      broken[position] ^= 0x40;
      expect(() => open(broken), String(position)).toThrow(message);
    }
  });

  const lies: [string, RawEntry[], string][] = [
    [
      "is encrypted",
      [pickle, {...weights, flags: 1}],
      'x is not a valid zip file: entry "archive/data/0" is encrypted'
    ],
    [
      "is compressed",
      [pickle, {...weights, method: 8, size: 2 ** 31}],
      'x is not a valid zip file: entry "archive/data/0" is compressed, which torch.save never does (TorchScript programs and archives packed anew are not read)'
    ],
    [
      "has two sizes",
      [pickle, {...weights, packed: 8}],
      'x is not a valid zip file: entry "archive/data/0" is stored, yet has two sizes, 8 and 16'
    ],
    [
      "claims more than the archive has",
      [pickle, {...weights, size: 1000, localSize: 1000}],
      'x is not a valid zip file: entry "archive/data/0" should end at byte'
    ],
    [
      "tells another size in its local header",
      [pickle, {...weights, localSize: 12}],
      'x is not a valid zip file: entry "archive/data/0" has 12 bytes by its local header, 16 by the directory'
    ],
    [
      "has another name in its local header",
      [pickle, {...weights, localName: "archive/data/1"}],
      'x is not a valid zip file: entry "archive/data/0" has another name in its local header'
    ],
    [
      "lies elsewhere",
      [pickle, {...weights, header: 3}],
      'x is not a valid zip file: entry "archive/data/0" has no local header at byte 3'
    ],
    ["comes twice", [pickle, weights, weights], 'x is not a valid zip file: it holds "archive/data/0" twice'],
    [
      "needs a zip64 field that is absent",
      [pickle, {...weights, size: 0xffffffff}],
      'x is not a valid zip file: entry "archive/data/0" lacks the zip64 field that tells its size'
    ],
    ["is missing", [pickle], 'x is incomplete: storage "0" is not in the archive'],
    [
      "is written by a big-endian machine",
      [pickle, weights, {name: "archive/byteorder", data: latin1("big")}],
      'x has "big" byte order; only little-endian files can be read'
    ],
    ["has no pickle", [weights], "x is a zip archive with 0 entries named data.pkl where torch.save writes one"]
  ];
  it.each(lies)("whose entry %s is refused", (_, entries, message) => {
    expect(() => open(rawZip(entries))).toThrow(InputError);
    expect(() => open(rawZip(entries))).toThrow(message);
  });

  it("whose entries share bytes is refused", () => {
    // the first entry's data contain the whole second entry
    const inner = rawZip([{name: "archive/data/1", data: f32(1)}]).subarray(0, 30 + 14 + 4);
    const entries = [pickle, {...weights, data: inner}, {name: "archive/data/1", data: f32(1), header: 0}];
    const outerStart = 30 + pickle.name.length + pickle.data.length;
    entries[2] = {...entries[2], header: outerStart + 30 + weights.name.length};
    expect(() => open(rawZip(entries))).toThrow(
      new InputError('x is not a valid zip file: entries "archive/data/0" and "archive/data/1" overlap')
    );
  });

  it("that lost its end is truncated", () => {
    const whole = rawZip([pickle, weights]);
    expect(() => open(whole.subarray(0, whole.length - 5))).toThrow(
      new InputError("x is truncated: the zip directory that should end it is missing")
    );
  });

  it("whose directory claims to be elsewhere is refused", () => {
    const bytes = rawZip([pickle, weights]);
    new DataView(bytes.buffer).setUint32(bytes.length - 6, bytes.length, true);
    expect(() => open(bytes)).toThrow(/its directory should end at byte \d+, but what follows it begins at/);
  });
});

describe("the format before zip", () => {
  const legacy = readFileSync(`${fixtures}legacy-strides.pth`);

  it("is refused when a storage is cut off", () => {
    expect(() => open(legacy.subarray(0, legacy.length - 3))).toThrow(
      new RegExp(`^x is truncated: storage \\d+ should end at byte ${legacy.length}, the file at ${legacy.length - 3}$`)
    );
  });

  it("is refused when a storage lies about its length", () => {
    // the last storage, of float32: its length, then as many values up to the end of the file
    const view = new DataView(legacy.buffer, legacy.byteOffset, legacy.length);
    let count = 1;
    while (Number(view.getBigInt64(legacy.length - 4 * count - 8, true)) !== count) count++;
    const bytes = Uint8Array.from(legacy);
    bytes[legacy.length - 4 * count - 8]++;
    expect(() => open(bytes)).toThrow(
      new RegExp(`storage \\d+ claims ${count + 1} elements where its tensors expect ${4 * count} bytes$`)
    );
  });

  it("is refused when a big-endian machine wrote it", () => {
    const text = Buffer.from(legacy).toString("latin1");
    const at = text.indexOf("little_endian") + "little_endian".length;
    // BINPUT n, NEWTRUE
    const bytes = Uint8Array.from(legacy);
    expect(bytes[at + 2]).toBe(0x88);
    bytes[at + 2] = 0x89;
    expect(() => open(bytes)).toThrow(new InputError('x has "big" byte order; only little-endian files can be read'));
  });

  it("is not any pickle", () => {
    expect(() => open(concat([latin1(pickled("}")), new Uint8Array(20)]))).toThrow(
      new InputError("x is a pickle, but not one of torch.save: its magic number is missing")
    );
  });
});

const dtypeNames: Record<string, string> = {
  float64: "F64",
  float32: "F32",
  float16: "F16",
  bfloat16: "BF16",
  float8_e4m3fn: "F8_E4M3",
  float8_e5m2: "F8_E5M2",
  int64: "I64",
  int32: "I32",
  int16: "I16",
  int8: "I8",
  uint8: "U8",
  uint16: "U16",
  uint32: "U32",
  bool: "BOOL"
};
