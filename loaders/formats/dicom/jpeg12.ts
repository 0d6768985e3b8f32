/** Order in which coefficients are coded (ITU-T T.81 figure A.6). */
const zigzag = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47,
  55, 62, 63
];

interface HuffmanTable {
  /** Largest code of each length, −1 where there is none. */
  readonly last: Int32Array;
  /** Index of the first value of each length, less its code. */
  readonly offset: Int32Array;
  readonly values: Uint8Array;
}

/**
 * Decodes a grey JPEG with 12-bit samples, sequential DCT with Huffman coding (process 4, "extended"), which no
 * decoder for JavaScript reads. Arithmetic is that of the Independent JPEG Group's accurate integer DCT (`jidctint.c`
 * with 12-bit samples), so that values equal those of GDCM and DCMTK bit for bit.
 *
 * @throws Error when the stream is damaged, cut short, or of another kind.
 */
export function decodeJpeg12(bytes: Uint8Array): {width: number; height: number; data: Uint16Array} {
  const quantisers: Int32Array[] = [];
  const dcTables: HuffmanTable[] = [];
  const acTables: HuffmanTable[] = [];
  let frame: {width: number; height: number; quantiser: number} | undefined;
  let restartInterval = 0;
  let offset = 2;
  for (;;) {
    while (offset < bytes.length && bytes[offset] !== 0xff) offset++;
    while (offset < bytes.length && bytes[offset] === 0xff) offset++;
    const marker = bytes[offset++];
    const length = (bytes[offset] << 8) | bytes[offset + 1];
    if (!(length >= 2 && offset + length <= bytes.length)) throw new Error("its JPEG stream is cut short");
    const segment = bytes.subarray(offset + 2, offset + length);
    offset += length;
    if (marker === 0xdb) readQuantisers(segment, quantisers);
    else if (marker === 0xc4) readHuffman(segment, dcTables, acTables);
    else if (marker === 0xdd) restartInterval = (segment[0] << 8) | segment[1];
    else if (marker === 0xc1 || marker === 0xc0) {
      if (segment[0] !== 12 || segment[5] !== 1) throw new Error("its JPEG stream isn't grey with 12 bits");
      frame = {height: (segment[1] << 8) | segment[2], width: (segment[3] << 8) | segment[4], quantiser: segment[8]};
    } else if (marker === 0xda) {
      if (frame === undefined || segment.length < 4) throw new Error("its JPEG stream has no frame header");
      const dc = dcTables[segment[2] >> 4];
      const ac = acTables[segment[2] & 15];
      const quantiser = quantisers[frame.quantiser];
      if (!dc || !ac || !quantiser) throw new Error("its JPEG stream lacks a table");
      return {
        width: frame.width,
        height: frame.height,
        data: decodeScan(bytes.subarray(offset), frame.width, frame.height, dc, ac, quantiser, restartInterval)
      };
    }
  }
}

function decodeScan(
  bytes: Uint8Array,
  width: number,
  height: number,
  dc: HuffmanTable,
  ac: HuffmanTable,
  quantiser: Int32Array,
  restartInterval: number
): Uint16Array {
  const data = new Uint16Array(width * height);
  const coefficients = new Float64Array(64);
  const pixels = new Int32Array(64);
  let at = 0;
  let bits = 0;
  let available = 0;

  const readBit = (): number => {
    if (available === 0) {
      if (at >= bytes.length) throw new Error("its JPEG stream is cut short");
      bits = bytes[at++];
      available = 8;
      if (bits === 0xff) {
        if (bytes[at] === 0) at++;
        else throw new Error("its JPEG stream is cut short");
      }
    }
    return (bits >> --available) & 1;
  };
  const readSymbol = ({last, offset, values}: HuffmanTable): number => {
    let code = 0;
    for (let length = 1; length <= 16; length++) {
      code = (code << 1) | readBit();
      if (code <= last[length]) return values[offset[length] + code];
    }
    throw new Error("its JPEG stream holds a code that doesn't exist");
  };
  const readSigned = (size: number): number => {
    let value = 0;
    for (let i = 0; i < size; i++) value = (value << 1) | readBit();
    return size > 0 && value < 2 ** (size - 1) ? value - 2 ** size + 1 : value;
  };

  let predictor = 0;
  let blocks = 0;
  for (let y = 0; y < height; y += 8) {
    for (let x = 0; x < width; x += 8) {
      if (restartInterval > 0 && blocks > 0 && blocks % restartInterval === 0) {
        available = 0;
        if (bytes[at] !== 0xff || bytes[at + 1] < 0xd0 || bytes[at + 1] > 0xd7)
          throw new Error("its JPEG stream lacks a restart marker");
        at += 2;
        predictor = 0;
      }
      blocks++;
      coefficients.fill(0);
      const size = readSymbol(dc);
      if (size > 15) throw new Error("its JPEG stream is damaged");
      predictor += readSigned(size);
      coefficients[0] = predictor * quantiser[0];
      for (let k = 1; k < 64; k++) {
        const symbol = readSymbol(ac);
        const run = symbol >> 4;
        const magnitude = symbol & 15;
        if (magnitude === 0) {
          if (run !== 15) break;
          k += 15;
          continue;
        }
        k += run;
        if (k > 63) throw new Error("its JPEG stream is damaged");
        coefficients[zigzag[k]] = readSigned(magnitude) * quantiser[k];
      }
      inverseDct(coefficients, pixels);
      const rows = Math.min(8, height - y);
      const columns = Math.min(8, width - x);
      for (let row = 0; row < rows; row++) {
        const target = (y + row) * width + x;
        for (let column = 0; column < columns; column++) data[target + column] = pixels[8 * row + column];
      }
    }
  }
  return data;
}

const workspace = new Float64Array(64);

/** `jpeg_idct_islow` for 12-bit samples: 13-bit constants, one guard bit after the first pass. */
function inverseDct(input: Float64Array, output: Int32Array): void {
  for (let column = 0; column < 8; column++) {
    pass(input, column, 8, workspace, column, 8, 2 ** 12);
  }
  for (let row = 0; row < 8; row++) {
    pass(workspace, 8 * row, 1, workspace, 8 * row, 1, 2 ** 17);
  }
  for (let i = 0; i < 64; i++) output[i] = Math.min(4095, Math.max(0, workspace[i] + 2048));
}

/**
 * One dimension (Loeffler, Ligtenberg and Moschytz 1989). Products are exact in doubles; `divisor` is the descaling
 * by 2^n.
 */
function pass(
  input: Float64Array,
  from: number,
  step: number,
  output: Float64Array,
  to: number,
  outStep: number,
  divisor: number
): void {
  const c = (k: number) => input[from + k * step];
  const z1 = (c(2) + c(6)) * 4433;
  const even2 = z1 + c(6) * -15137;
  const even3 = z1 + c(2) * 6270;
  const even0 = (c(0) + c(4)) * 8192;
  const even1 = (c(0) - c(4)) * 8192;
  const t10 = even0 + even3;
  const t13 = even0 - even3;
  const t11 = even1 + even2;
  const t12 = even1 - even2;

  const z5 = (c(7) + c(3) + c(5) + c(1)) * 9633;
  const a = (c(7) + c(1)) * -7373;
  const b = (c(5) + c(3)) * -20995;
  const d = (c(7) + c(3)) * -16069 + z5;
  const e = (c(5) + c(1)) * -3196 + z5;
  const odd0 = c(7) * 2446 + a + d;
  const odd1 = c(5) * 16819 + b + e;
  const odd2 = c(3) * 25172 + b + d;
  const odd3 = c(1) * 12299 + a + e;

  const descale = (value: number) => Math.floor((value + divisor / 2) / divisor);
  const results = [t10 + odd3, t11 + odd2, t12 + odd1, t13 + odd0, t13 - odd0, t12 - odd1, t11 - odd2, t10 - odd3];
  for (let k = 0; k < 8; k++) output[to + k * outStep] = descale(results[k]);
}

function readQuantisers(segment: Uint8Array, tables: Int32Array[]): void {
  for (let at = 0; at < segment.length; ) {
    const wide = segment[at] >> 4 > 0;
    const id = segment[at++] & 15;
    if (at + (wide ? 128 : 64) > segment.length) throw new Error("its JPEG stream has a table that is cut short");
    tables[id] = Int32Array.from({length: 64}, (_, i) =>
      wide ? (segment[at + 2 * i] << 8) | segment[at + 2 * i + 1] : segment[at + i]
    );
    at += wide ? 128 : 64;
  }
}

function readHuffman(segment: Uint8Array, dcTables: HuffmanTable[], acTables: HuffmanTable[]): void {
  for (let at = 0; at < segment.length; ) {
    const selector = segment[at++];
    const counts = segment.subarray(at, at + 16);
    at += 16;
    const total = counts.reduce((sum, n) => sum + n, 0);
    if (at + total > segment.length) throw new Error("its JPEG stream has a table that is cut short");
    const last = new Int32Array(17).fill(-1);
    const offset = new Int32Array(17);
    let code = 0;
    let index = 0;
    for (let length = 1; length <= 16; length++) {
      const n = counts[length - 1];
      offset[length] = index - code;
      if (n > 0) last[length] = code + n - 1;
      index += n;
      code = (code + n) << 1;
    }
    (selector >> 4 === 0 ? dcTables : acTables)[selector & 15] = {last, offset, values: segment.slice(at, at + total)};
    at += total;
  }
}
