/**
 * Decodes one frame of RLE Lossless (DICOM PS3.5 annex G): PackBits in one segment a byte plane, most significant byte
 * first. Gives the samples interleaved, each as `bytesPerSample` little-endian bytes.
 *
 * @throws Error when segments are missing, cut short or too long.
 */
export function decodeRle(frame: Uint8Array, pixels: number, channels: number, bytesPerSample: number): Uint8Array {
  if (frame.length < 64) throw new Error("its RLE header is cut short");
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const segments = channels * bytesPerSample;
  if (view.getUint32(0, true) !== segments) {
    throw new Error(`it has ${view.getUint32(0, true)} RLE segments, and ${segments} are needed`);
  }
  const result = new Uint8Array(pixels * segments);
  for (let s = 0; s < segments; s++) {
    const start = view.getUint32(4 + 4 * s, true);
    const end = s + 1 < segments ? view.getUint32(8 + 4 * s, true) : frame.length;
    if (start < 64 || end > frame.length || start > end) throw new Error("its RLE segments overlap or are cut short");
    const channel = Math.floor(s / bytesPerSample);
    const plane = bytesPerSample - 1 - (s % bytesPerSample);
    unpackBits(frame.subarray(start, end), pixels, result, channel * bytesPerSample + plane, segments);
  }
  return result;
}

/** PackBits (TIFF 6.0 section 9) into every `stride`-th byte of `target`. */
function unpackBits(packed: Uint8Array, count: number, target: Uint8Array, first: number, stride: number): void {
  let at = 0;
  let to = first;
  const end = first + count * stride;
  while (to < end) {
    if (at >= packed.length) throw new Error("an RLE segment is cut short");
    const control = packed[at++];
    if (control < 128) {
      if (at + control + 1 > packed.length) throw new Error("an RLE segment is cut short");
      for (let i = 0; i <= control && to < end; i++, to += stride) target[to] = packed[at + i];
      at += control + 1;
    } else if (control > 128) {
      if (at >= packed.length) throw new Error("an RLE segment is cut short");
      const value = packed[at++];
      for (let i = 0; i < 257 - control && to < end; i++, to += stride) target[to] = value;
    }
  }
}
