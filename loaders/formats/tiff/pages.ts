/** What one image file directory says (TIFF 6.0 section 8). */
export interface Page {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly samplesPerPixel: number;
  readonly compression: number;
  readonly photometric: number;
  /** A smaller copy of another page. */
  readonly reduced: boolean;
  /** Reds, greens, blues, 16 bit. */
  readonly colourMap?: Uint16Array;
}

const pageLimit = 1 << 16;
/** Bytes of the types that the tags below may have: BYTE, SHORT, LONG, LONG8. */
const sizes: Readonly<Record<number, number>> = {1: 1, 3: 2, 4: 4, 16: 8};
/** The tags that say how pixels are stored. */
const used = new Set([254, 256, 257, 258, 259, 262, 273, 277, 278, 279, 284, 317, 320, 322, 323, 324, 325, 338, 339]);

/** Whether the bytes begin as TIFF or BigTIFF does. */
export function isTiff(bytes: Uint8Array): boolean {
  const [a, b, c, d] = bytes;
  return (
    (a === 0x49 && b === 0x49 && (c === 42 || c === 43) && d === 0) ||
    (a === 0x4d && b === 0x4d && c === 0 && (d === 42 || d === 43))
  );
}

/**
 * Walks the directories of a TIFF or BigTIFF and reads what must be known before pixels are decoded.
 *
 * @throws Error when a directory lies outside the file, comes twice, or lacks a size.
 */
export function readPages(bytes: Uint8Array): Page[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = bytes[0] === 0x49;
  const u16 = (at: number) => view.getUint16(at, little);
  const u32 = (at: number) => view.getUint32(at, little);
  const u64 = (at: number) => Number(view.getBigUint64(at, little));
  if (bytes.length < 16) throw new Error("it is cut short");
  const big = u16(2) === 43;
  const entrySize = big ? 20 : 12;
  const pages: Page[] = [];
  const seen = new Set<number>();
  let offset = big ? u64(8) : u32(4);
  while (offset !== 0) {
    if (seen.has(offset)) throw new Error("its pages lead in a circle");
    seen.add(offset);
    const countSize = big ? 8 : 2;
    if (!(offset + countSize <= bytes.length)) throw new Error("it is cut short");
    const count = big ? u64(offset) : u16(offset);
    const start = offset + countSize;
    const end = start + count * entrySize;
    if (!(count >= 1 && end + (big ? 8 : 4) <= bytes.length)) throw new Error("it is cut short");
    const entries = new Map<number, number>();
    for (let at = start; at < end; at += entrySize) {
      const tag = u16(at);
      if (!used.has(tag)) continue;
      // the decoder might take the other one
      if (entries.has(tag)) throw new Error(`its tag ${tag} comes twice`);
      entries.set(tag, at);
    }
    /** How many values a tag has, and where they stand. */
    const field = (tag: number): {n: number; type: number; from: number} | undefined => {
      const at = entries.get(tag);
      if (at === undefined) return undefined;
      const type = u16(at + 2);
      const n = big ? u64(at + 4) : u32(at + 4);
      const size = sizes[type];
      if (size === undefined || !(n >= 1)) throw new Error(`its tag ${tag} is malformed`);
      const inline = at + (big ? 12 : 8);
      const from = n * size <= (big ? 8 : 4) ? inline : big ? u64(inline) : u32(inline);
      if (!(from + n * size <= bytes.length)) throw new Error(`its tag ${tag} lies outside the file`);
      return {n, type, from};
    };
    const values = (tag: number): number[] | undefined => {
      const found = field(tag);
      if (found === undefined) return undefined;
      const {n, type, from} = found;
      if (n > 3 * 65536) throw new Error(`its tag ${tag} is malformed`);
      const read = {
        1: (i: number) => bytes[from + i],
        3: (i: number) => u16(from + 2 * i),
        4: (i: number) => u32(from + 4 * i)
      }[type];
      return Array.from({length: n}, (_, i) => (read ?? ((k: number) => u64(from + 8 * k)))(i));
    };
    const width = values(256)?.[0] ?? 0;
    const height = values(257)?.[0] ?? 0;
    if (!(width >= 1 && height >= 1 && width < 2 ** 31 && height < 2 ** 31))
      throw new Error(`its size is ${width}×${height}`);
    const bits = values(258) ?? [1];
    if (!bits.every((n) => n === bits[0] && n >= 1)) throw new Error("its channels differ in their bits");
    const photometric = values(262)?.[0] ?? 1;
    const samplesPerPixel = values(277)?.[0] ?? 1;
    // every strip or tile must be there, or a decoder counts them for ever
    const tiled = entries.has(322) || entries.has(324);
    const across = tiled ? Math.ceil(width / (values(322)?.[0] ?? 0)) : 1;
    const down = Math.ceil(height / (tiled ? (values(323)?.[0] ?? 0) : (values(278)?.[0] ?? height)));
    const blocks = across * down * (values(284)?.[0] === 2 ? samplesPerPixel : 1);
    const offsets = field(tiled ? 324 : 273)?.n ?? 0;
    if (!(blocks <= offsets))
      throw new Error(`its pixels need ${blocks} ${tiled ? "tiles" : "strips"}, and it holds ${offsets}`);
    for (const tag of used) field(tag);
    pages.push({
      width,
      height,
      bits: bits[0],
      samplesPerPixel,
      compression: values(259)?.[0] ?? 1,
      photometric,
      reduced: ((values(254)?.[0] ?? 0) & 1) === 1,
      ...(photometric === 3 ? {colourMap: Uint16Array.from(values(320) ?? [])} : {})
    });
    if (pages.length > pageLimit) throw new Error(`it has more than ${pageLimit} pages`);
    offset = big ? u64(end) : u32(end);
  }
  if (pages.length === 0) throw new Error("it holds no image");
  return pages;
}
