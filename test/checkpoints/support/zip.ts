export interface RawEntry {
  name: string;
  data: Uint8Array;
  flags?: number;
  method?: number;
  /** Lies: what the directory says instead of the truth. */
  size?: number;
  packed?: number;
  header?: number;
  localName?: string;
  localSize?: number;
}

/** A zip archive of stored entries, nothing checked: also for broken ones. `zip64`: every number in its 64-bit place. */
export function rawZip(entries: RawEntry[], {zip64 = false} = {}): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  const encoder = new TextEncoder();
  let position = 0;
  for (const entry of entries) {
    const {data, flags = 0, method = 0} = entry;
    const name = encoder.encode(entry.name);
    const localName = encoder.encode(entry.localName ?? entry.name);
    const local = new DataView(new ArrayBuffer(30));
    local.setUint32(0, 0x04034b50, true);
    local.setUint16(6, flags, true);
    local.setUint16(8, method, true);
    local.setUint32(18, entry.localSize ?? data.length, true);
    local.setUint32(22, entry.localSize ?? data.length, true);
    local.setUint16(26, localName.length, true);
    const extra = new DataView(new ArrayBuffer(zip64 ? 28 : 0));
    if (zip64) {
      extra.setUint16(0, 1, true);
      extra.setUint16(2, 24, true);
      extra.setBigUint64(4, BigInt(entry.size ?? data.length), true);
      extra.setBigUint64(12, BigInt(entry.packed ?? entry.size ?? data.length), true);
      extra.setBigUint64(20, BigInt(entry.header ?? position), true);
    }
    const central = new DataView(new ArrayBuffer(46));
    central.setUint32(0, 0x02014b50, true);
    central.setUint16(8, flags, true);
    central.setUint16(10, method, true);
    central.setUint32(20, entry.packed ?? entry.size ?? data.length, true);
    central.setUint32(24, entry.size ?? data.length, true);
    central.setUint16(28, name.length, true);
    central.setUint32(42, entry.header ?? position, true);
    if (zip64) {
      central.setUint16(30, 28, true);
      for (const at of [20, 24, 42]) central.setUint32(at, 0xffffffff, true);
      for (const at of [18, 22]) local.setUint32(at, 0xffffffff, true);
    }
    parts.push(new Uint8Array(local.buffer), localName, data);
    directory.push(new Uint8Array(central.buffer), name, new Uint8Array(extra.buffer));
    position += 30 + localName.length + data.length;
  }
  const directoryBytes = directory.reduce((sum, part) => sum + part.length, 0);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, entries.length, true);
  end.setUint16(10, entries.length, true);
  end.setUint32(12, directoryBytes, true);
  end.setUint32(16, position, true);
  if (!zip64) return concat([...parts, ...directory, new Uint8Array(end.buffer)]);
  const record = new DataView(new ArrayBuffer(56 + 20));
  record.setUint32(0, 0x06064b50, true);
  record.setBigUint64(4, 44n, true);
  record.setBigUint64(24, BigInt(entries.length), true);
  record.setBigUint64(32, BigInt(entries.length), true);
  record.setBigUint64(40, BigInt(directoryBytes), true);
  record.setBigUint64(48, BigInt(position), true);
  record.setUint32(56, 0x07064b50, true);
  record.setBigUint64(64, BigInt(position + directoryBytes), true);
  record.setUint32(72, 1, true);
  end.setUint16(8, 0xffff, true);
  end.setUint16(10, 0xffff, true);
  end.setUint32(12, 0xffffffff, true);
  end.setUint32(16, 0xffffffff, true);
  return concat([...parts, ...directory, new Uint8Array(record.buffer), new Uint8Array(end.buffer)]);
}

/** One pickle of latin-1 opcodes: `\x80\x02` … `.`, in a zip archive as `torch.save` makes it. */
export function torchZip(
  pickle: string,
  storages: Record<string, Uint8Array> = {},
  extra: RawEntry[] = []
): Uint8Array {
  return rawZip([
    {name: "archive/data.pkl", data: latin1(pickle)},
    ...Object.entries(storages).map(([key, data]) => ({name: `archive/data/${key}`, data})),
    ...extra
  ]);
}

export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

export function concat(parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let position = 0;
  for (const part of parts) {
    out.set(part, position);
    position += part.length;
  }
  return out;
}
