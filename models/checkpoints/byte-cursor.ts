import type {ByteSource} from "./byte-source.js";

const windowBytes = 1 << 16;

/** Walks forward through a part of a source, through a small window, so that what follows that part is never read. */
export class ByteCursor {
  private window = new Uint8Array(0);
  private windowStart = 0;

  /** @param end where the part ends; `ended` makes the error for a read beyond it. */
  constructor(
    private readonly source: ByteSource,
    public position: number,
    private readonly end: number,
    private readonly ended: () => Error
  ) {}

  byte(): number {
    this.need(1);
    return this.window[this.position++ - this.windowStart];
  }

  /** The next `length` bytes, valid until the next call. */
  bytes(length: number): Uint8Array {
    this.need(length);
    const from = this.position - this.windowStart;
    this.position += length;
    return this.window.subarray(from, from + length);
  }

  /** A little-endian unsigned integer of 1 to 8 bytes; those over 2⁵³ come out rounded, which is as good as refused. */
  uint(length: number): number {
    const bytes = this.bytes(length);
    let value = 0;
    for (let i = length - 1; i >= 0; i--) value = value * 256 + bytes[i];
    return value;
  }

  /** The bytes up to a line feed, which is skipped, as latin-1 text; `undefined` when it is longer than `longest`. */
  line(longest: number): string | undefined {
    let text = "";
    for (let c = this.byte(); c !== 10; c = this.byte()) {
      if (text.length === longest) return undefined;
      text += String.fromCharCode(c);
    }
    return text;
  }

  private need(length: number): void {
    if (this.position >= this.windowStart && this.position + length <= this.windowStart + this.window.length) return;
    if (this.position + length > this.end) throw this.ended();
    const size = Math.min(Math.max(length, windowBytes), this.end - this.position);
    this.window = new Uint8Array(size);
    this.windowStart = this.position;
    this.source.read(this.position, this.window);
  }
}
