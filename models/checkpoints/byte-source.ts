import {InputError} from "../errors.js";

/** Random access to the bytes of one checkpoint file: a buffer in a browser, a file descriptor in Node. */
export interface ByteSource {
  /** For messages: a path, or a name in a browser. */
  readonly name: string;
  readonly size: number;
  /** Fills `target` with the bytes from `position` on. @throws InputError when the source ends before that. */
  read(position: number, target: Uint8Array): void;
  close(): void;
}

/** The bytes of a buffer; nothing is copied until a part is read. */
export function bufferSource(buffer: ArrayBuffer | Uint8Array, name: string): ByteSource {
  const bytes = buffer instanceof Uint8Array ? buffer : new Uint8Array(buffer);
  return {
    name,
    size: bytes.length,
    read(position, target) {
      if (position + target.length > bytes.length) throw endedEarly(name, position + target.length, bytes.length);
      target.set(bytes.subarray(position, position + target.length));
    },
    close() {}
  };
}

/** `length` bytes from `position` on, in a buffer of their own (so that it is aligned for every typed array). */
export function readBytes(source: ByteSource, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  source.read(position, bytes);
  return bytes;
}

export function endedEarly(name: string, wanted: number, size: number): InputError {
  return new InputError(`${name} is truncated: it should hold at least ${wanted} bytes and has ${size}`);
}
