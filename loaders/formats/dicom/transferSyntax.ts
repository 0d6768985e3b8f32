/** How the pixels of a transfer syntax are coded. */
export type PixelCoding = "native" | "rle" | "jpeg" | "jpeg-lossless" | "jpeg-ls" | "jpeg-2000";

/** DICOM PS3.6 table A-1: the transfer syntaxes that are read. */
const read: Readonly<Record<string, readonly [name: string, coding: PixelCoding]>> = {
  "1.2.840.10008.1.2": ["Implicit VR Little Endian", "native"],
  "1.2.840.10008.1.2.1": ["Explicit VR Little Endian", "native"],
  "1.2.840.10008.1.2.1.99": ["Deflated Explicit VR Little Endian", "native"],
  "1.2.840.10008.1.2.2": ["Explicit VR Big Endian", "native"],
  "1.2.840.10008.1.2.5": ["RLE Lossless", "rle"],
  "1.2.840.10008.1.2.4.50": ["JPEG Baseline", "jpeg"],
  "1.2.840.10008.1.2.4.51": ["JPEG Extended", "jpeg"],
  "1.2.840.10008.1.2.4.57": ["JPEG Lossless", "jpeg-lossless"],
  "1.2.840.10008.1.2.4.70": ["JPEG Lossless SV1", "jpeg-lossless"],
  "1.2.840.10008.1.2.4.80": ["JPEG-LS Lossless", "jpeg-ls"],
  "1.2.840.10008.1.2.4.81": ["JPEG-LS Near-Lossless", "jpeg-ls"],
  "1.2.840.10008.1.2.4.90": ["JPEG 2000 Lossless", "jpeg-2000"],
  "1.2.840.10008.1.2.4.91": ["JPEG 2000", "jpeg-2000"]
};

/** Names for the error, of those that aren't. */
const refused: Readonly<Record<string, string>> = {
  "1.2.840.10008.1.2.4.92": "JPEG 2000 Part 2 Lossless",
  "1.2.840.10008.1.2.4.93": "JPEG 2000 Part 2",
  "1.2.840.10008.1.2.4.94": "JPIP Referenced",
  "1.2.840.10008.1.2.4.95": "JPIP Referenced Deflate",
  "1.2.840.10008.1.2.4.100": "MPEG2 Main Profile / Main Level",
  "1.2.840.10008.1.2.4.101": "MPEG2 Main Profile / High Level",
  "1.2.840.10008.1.2.4.102": "MPEG-4 AVC/H.264",
  "1.2.840.10008.1.2.4.103": "MPEG-4 AVC/H.264 BD-compatible",
  "1.2.840.10008.1.2.4.107": "HEVC/H.265 Main Profile",
  "1.2.840.10008.1.2.4.108": "HEVC/H.265 Main 10 Profile",
  "1.2.840.10008.1.2.4.110": "JPEG XL Lossless",
  "1.2.840.10008.1.2.4.111": "JPEG XL JPEG Recompression",
  "1.2.840.10008.1.2.4.112": "JPEG XL",
  "1.2.840.10008.1.2.4.201": "High-Throughput JPEG 2000 Lossless",
  "1.2.840.10008.1.2.4.202": "High-Throughput JPEG 2000 with RPCL Lossless",
  "1.2.840.10008.1.2.4.203": "High-Throughput JPEG 2000"
};

/** The name and coding of a transfer syntax; no coding where it isn't read. */
export function transferSyntax(uid: string): {name: string; coding: PixelCoding | null} {
  const known = read[uid];
  if (known !== undefined) return {name: known[0], coding: known[1]};
  return {name: refused[uid] ?? (/^[\d.]{1,64}$/.test(uid) ? uid : "unknown"), coding: null};
}
