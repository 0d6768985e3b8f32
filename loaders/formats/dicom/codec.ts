/** What the image's attributes say of a coded frame. */
export interface CodedFrame {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
}

/** A decoded frame: samples interleaved, row-major, as the codec's stream says. */
export interface DecodedFrame {
  readonly data: Uint8Array | Uint16Array | Int16Array;
  /** Bits a sample in the stream. */
  readonly bits: number;
  /** YCbCr (full range) has become RGB; a transform that is part of the stream (JPEG 2000) is always undone. */
  readonly rgb: boolean;
}

/**
 * Decodes one frame of compressed pixels. A page may give none: then only native and RLE pixels are read.
 *
 * @throws Error saying what is wrong with the stream.
 */
export type FrameCodec = (
  coding: "jpeg" | "jpeg-lossless" | "jpeg-ls" | "jpeg-2000",
  frame: CodedFrame
) => Promise<DecodedFrame>;
