import dicomParser from "dicom-parser";
import {InputError} from "../../../models/errors.js";
import {isGzip} from "../gzip.js";
import type {DecodeContext} from "../volume.js";

export type DataSet = dicomParser.DataSet;
export type Element = dicomParser.Element;

const explicitLittle = "1.2.840.10008.1.2.1";
const implicitLittle = "1.2.840.10008.1.2";
/** What a gzipped DICOM file may unpack to; nothing in it tells its size beforehand. */
const unzippedLimit = 1 << 30;

/**
 * Whether the bytes (unpacked) are DICOM: "DICM" after the preamble, or a bare data set that begins with group 2 or
 * 8.
 */
export function isDicom(bytes: Uint8Array): boolean {
  return hasPreamble(bytes) || bareSyntax(bytes) !== null;
}

/**
 * Parses the elements of a DICOM file (PS3.10), also one without preamble or file meta information, deflated, or
 * gzipped as a whole. Values aren't looked at.
 *
 * @throws InputError when the file is damaged or cut short.
 */
export function parseDataSet(bytes: Uint8Array, context: DecodeContext): {dataSet: DataSet; transferSyntaxUid: string} {
  const {source, inflater} = context;
  if (isGzip(bytes)) {
    let content: Uint8Array;
    try {
      content = inflater.inflate(bytes, "gzip", Math.min(unzippedLimit, bytes.length * 1032));
    } catch (error) {
      throw new InputError(`${source} is not readable: ${(error as Error).message}`, {cause: error});
    }
    return parseDataSet(content, context);
  }
  let content = bytes;
  let options: {TransferSyntaxUID?: string} = {};
  if (!hasPreamble(bytes)) {
    const syntax = bareSyntax(bytes);
    if (syntax === null) throw new InputError(`${source} is not a DICOM file`);
    if (bytes[0] === 2) {
      // file meta information without a preamble
      content = new Uint8Array(132 + bytes.length);
      content.set([68, 73, 67, 77], 128);
      content.set(bytes, 132);
    } else options = {TransferSyntaxUID: syntax};
  }
  try {
    const dataSet = dicomParser.parseDicom(content, {
      ...options,
      inflater: (data: Uint8Array, position: number) => {
        const deflated = data.subarray(position);
        const inflated = inflater.inflate(deflated, "raw", Math.min(unzippedLimit, deflated.length * 1032));
        const whole = new Uint8Array(position + inflated.length);
        whole.set(data.subarray(0, position));
        whole.set(inflated, position);
        return whole;
      }
    } as Parameters<typeof dicomParser.parseDicom>[1]);
    return {dataSet, transferSyntaxUid: dataSet.string("x00020010") ?? options.TransferSyntaxUID ?? ""};
  } catch (error) {
    throw new InputError(`${source} is not a readable DICOM file: ${reason(error)}`, {cause: error});
  }
}

/** dicom-parser throws strings, Errors, and objects that hold either. */
function reason(error: unknown): string {
  const inner = (error as {exception?: unknown})?.exception ?? error;
  const text = inner instanceof Error ? inner.message : String(inner);
  if (/0002,0010/.test(text)) return "its transfer syntax is missing";
  if (/compressed data/.test(text)) return text;
  if (/overrun|past end|maxPosition|Offset|bounds|length/i.test(text)) return "it is cut short or damaged";
  return "its data set is damaged";
}

function hasPreamble(bytes: Uint8Array): boolean {
  return bytes.length >= 132 && String.fromCharCode(...bytes.subarray(128, 132)) === "DICM";
}

/** The transfer syntax of a bare data set by its first element, or null when that makes no sense. */
function bareSyntax(bytes: Uint8Array): string | null {
  if (bytes.length < 16) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const group = view.getUint16(0, true);
  const element = view.getUint16(2, true);
  if ((group !== 2 && group !== 8) || element > 0x0100) return null;
  const vr = String.fromCharCode(bytes[4], bytes[5]);
  if (/^(UL|OB|UI|SH|CS|DA|TM|LO|PN|SQ|UN)$/.test(vr)) return explicitLittle;
  return group === 8 && view.getUint32(4, true) <= 1024 && view.getUint32(4, true) % 2 === 0 ? implicitLittle : null;
}
