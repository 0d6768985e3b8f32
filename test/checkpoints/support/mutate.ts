/** A small seeded generator (mulberry32), uniform in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export type Mutation = (bytes: Uint8Array, random: () => number) => Uint8Array;

const pick = <T>(list: readonly T[], random: () => number): T => list[Math.floor(random() * list.length)];

/** Numbers that readers trip over. */
const lies = [
  0n,
  1n,
  0x7fn,
  0xffn,
  0x7fffn,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  2n ** 40n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n
];

/**
 * Where a file's structure is dense: its beginning, its end (a zip's directory), the pickle after a zip's first header, anywhere; the
 * values in the middle are the least interesting part.
 */
function place(bytes: Uint8Array, random: () => number): number {
  const window = pick([64, 512, 4096, 65536, bytes.length], random);
  const offset = Math.floor(random() * Math.min(window, bytes.length));
  return random() < 0.6 ? offset : bytes.length - 1 - offset;
}

/** What can be done to the bytes of any file. */
export const byteMutations: Record<string, Mutation> = {
  "bit flips": (bytes, random) => {
    const out = bytes.slice();
    for (let n = Math.ceil(random() * 8); n > 0; n--) out[place(out, random)] ^= 1 << Math.floor(random() * 8);
    return out;
  },
  "bytes replaced": (bytes, random) => {
    const out = bytes.slice();
    for (let n = Math.ceil(random() * 8); n > 0; n--) out[place(out, random)] = Math.floor(random() * 256);
    return out;
  },
  truncation: (bytes, random) =>
    bytes.slice(0, random() < 0.5 ? place(bytes, random) : Math.floor(random() * bytes.length)),
  "numbers that lie": (bytes, random) => {
    const out = bytes.slice();
    const view = new DataView(out.buffer);
    for (let n = Math.ceil(random() * 3); n > 0; n--) {
      const size = pick([1, 2, 4, 8], random);
      const at = Math.min(place(out, random), out.length - size);
      const lie = pick(lies, random);
      for (let i = 0; i < size && at >= 0; i++) view.setUint8(at + i, Number((lie >> BigInt(8 * i)) & 0xffn));
    }
    return out;
  },
  "a part removed": (bytes, random) => {
    const at = place(bytes, random);
    const length = Math.ceil(random() * pick([1, 4, 64, 4096], random));
    const out = new Uint8Array(Math.max(at, bytes.length - length));
    out.set(bytes.subarray(0, at));
    out.set(bytes.subarray(Math.min(bytes.length, at + length)).subarray(0, out.length - at), at);
    return out;
  },
  "a part repeated": (bytes, random) => {
    const at = place(bytes, random);
    const part = bytes.subarray(at, at + Math.ceil(random() * pick([1, 4, 64, 4096], random)));
    const out = new Uint8Array(bytes.length + part.length);
    out.set(bytes.subarray(0, at));
    out.set(part, at);
    out.set(bytes.subarray(at), at + part.length);
    return out;
  }
};

/** Lies that keep a safetensors header valid JSON of the right length. */
export const safetensorsLies: Mutation = (bytes, random) => {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const names = Object.keys(header).filter((name) => name !== "__metadata__");
  const entry = header[pick(names, random)];
  const number = () => pick([-1, 0, 1, 2, 3.5, 1e15, 2 ** 53, 1e300, Math.floor(random() * bytes.length)], random);
  pick(
    [
      () => (entry.dtype = pick(["F64", "F16", "BOOL", "F8_E4M3", "C64", "", null, 4], random)),
      () => (entry.shape = pick([[], [number()], [number(), number()], [0], "x", null, {}], random)),
      () =>
        (entry.data_offsets = pick(
          [[number(), number()], [number()], [], null, header[names[0]].data_offsets],
          random
        )),
      () => (entry.data_offsets[1] += pick([-4, 4, 1e9], random)),
      () => (entry.shape[0] = number()),
      () => delete header[pick(names, random)],
      () => (header.__metadata__ = pick([{a: 1}, [], "x", null, {["__proto__"]: "x"}], random)),
      () => (header[`${pick(names, random)}.copy`] = entry)
    ],
    random
  )();
  const text = new TextEncoder().encode(JSON.stringify(header));
  const out = new Uint8Array(8 + text.length + bytes.length - 8 - length);
  new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true);
  out.set(text, 8);
  out.set(bytes.subarray(8 + length), 8 + text.length);
  return out;
};

/** Opcodes of a pickle replaced by, or spiced with, others: between `from` and `to`. */
export function pickleLies(range: (bytes: Uint8Array) => readonly [number, number]): Mutation {
  return (bytes, random) => {
    const [from, to] = range(bytes);
    const out = bytes.slice();
    const opcodes =
      "(.012FIJKLMNPQRSTUVXabcdegh}ijl]opqrstu)GBC\x80\x81\x82\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97";
    for (let n = Math.ceil(random() * 12); n > 0; n--)
      out[from + Math.floor(random() * (to - from))] = opcodes.charCodeAt(Math.floor(random() * opcodes.length));
    return out;
  };
}

/** The first entry of the archive is the pickle; its bytes end with STOP before the next local header. */
export function zipPickleRange(bytes: Uint8Array): readonly [number, number] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const from = 30 + view.getUint16(26, true) + view.getUint16(28, true);
  return [from, Math.max(from + 1, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf("PK", from))];
}

/** The data pickle follows the three short ones; the values are at the end. */
export function legacyPickleRange(bytes: Uint8Array): readonly [number, number] {
  return [15, Math.max(16, Math.min(bytes.length, 15 + 20_000))];
}
