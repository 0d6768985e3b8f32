import {concatenate} from "../../images/concatenate.js";
import type {Attributes} from "./attributes.js";
import type {Element} from "./dataSet.js";
import type {PixelCoding} from "./transferSyntax.js";

/**
 * The coded bytes of each frame of encapsulated pixel data (DICOM PS3.5 A.4): by the basic offset table where there
 * is one; one fragment a frame where the numbers agree; else a frame begins where a fragment begins with the codec's
 * start marker.
 */
export function codedFrames(
  attributes: Attributes,
  element: Element,
  frames: number,
  coding: PixelCoding
): Uint8Array[] {
  const {byteArray} = attributes.dataSet;
  const all = new Uint8Array(byteArray.buffer, byteArray.byteOffset, byteArray.byteLength);
  const fragments = element.fragments ?? [];
  if (fragments.length === 0) attributes.fail("its pixel data hold no fragments");
  const pieces = fragments.map(({position, length}) => {
    if (!(position >= 0 && length >= 0 && position + length <= all.length))
      attributes.fail("its pixel data are cut short");
    return all.subarray(position, position + length);
  });

  let starts: number[];
  const offsets = element.basicOffsetTable ?? [];
  if (frames === 1) starts = [0];
  else if (offsets.length === frames) {
    starts = offsets.map((offset) => fragments.findIndex((fragment) => fragment.offset === offset));
  } else if (fragments.length === frames) starts = fragments.map((_, i) => i);
  else starts = pieces.flatMap((piece, i) => (beginsFrame(piece, coding) ? [i] : []));
  if (starts.length !== frames || starts[0] !== 0 || starts.some((start, i) => i > 0 && start <= starts[i - 1])) {
    attributes.fail(`it claims ${frames} frames, and its pixel data don't divide into as many`);
  }
  return starts.map((start, i) => concatenate(pieces.slice(start, starts[i + 1])));
}

function beginsFrame(piece: Uint8Array, coding: PixelCoding): boolean {
  return coding === "jpeg-2000" ? piece[0] === 0xff && piece[1] === 0x4f : piece[0] === 0xff && piece[1] === 0xd8;
}
