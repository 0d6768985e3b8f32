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

/** A zip archive of stored entries, nothing checked: also for broken ones. */
export function rawZip(entries: RawEntry[]): Uint8Array {
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
    const central = new DataView(new ArrayBuffer(46));
    central.setUint32(0, 0x02014b50, true);
    central.setUint16(8, flags, true);
    central.setUint16(10, method, true);
    central.setUint32(20, entry.packed ?? entry.size ?? data.length, true);
    central.setUint32(24, entry.size ?? data.length, true);
    central.setUint16(28, name.length, true);
    central.setUint32(42, entry.header ?? position, true);
    parts.push(new Uint8Array(local.buffer), localName, data);
    directory.push(new Uint8Array(central.buffer), name);
    position += 30 + localName.length + data.length;
  }
  const directoryBytes = directory.reduce((sum, part) => sum + part.length, 0);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, entries.length, true);
  end.setUint16(10, entries.length, true);
  end.setUint32(12, directoryBytes, true);
  end.setUint32(16, position, true);
  return concat([...parts, ...directory, new Uint8Array(end.buffer)]);
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
