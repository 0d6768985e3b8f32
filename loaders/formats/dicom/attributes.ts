import {InputError} from "../../../models/errors.js";
import type {DataSet} from "./dataSet.js";

/** Reads the few attributes that images need, and says which one is wrong. */
export class Attributes {
  constructor(
    readonly dataSet: DataSet,
    private readonly source: string
  ) {}

  fail(what: string): never {
    throw new InputError(`${this.source} is not a readable DICOM image: ${what}`);
  }

  has(tag: string): boolean {
    const element = this.dataSet.elements[tag];
    return element !== undefined && element.length > 0;
  }

  /** An unsigned 16-bit number. */
  uint16(tag: string): number | undefined {
    const element = this.dataSet.elements[tag];
    if (element === undefined || element.length < 2 || element.dataOffset + 2 > this.dataSet.byteArray.length)
      return undefined;
    return this.dataSet.uint16(tag);
  }

  requiredUint16(tag: string, name: string): number {
    return this.uint16(tag) ?? this.fail(`${name} is missing`);
  }

  /** A coded string, in capitals and without padding. */
  code(tag: string): string {
    return (this.text(tag) ?? "").trim().toUpperCase();
  }

  /** A whole number as text (VR IS). */
  integer(tag: string, name: string): number | undefined {
    const text = this.text(tag)?.trim();
    if (text === undefined || text === "") return undefined;
    if (!/^[+-]?\d{1,12}$/.test(text)) this.fail(`${name} isn't a whole number`);
    return Number(text);
  }

  /** Decimal numbers as text (VR DS). Empty when absent. */
  decimals(tag: string, name: string): number[] {
    const text = this.text(tag)?.trim();
    if (text === undefined || text === "") return [];
    const values = text.split("\\").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
    if (!values.every(Number.isFinite)) this.fail(`${name} isn't a number`);
    return values;
  }

  /** The items of a sequence. */
  items(tag: string): Attributes[] {
    const items = this.dataSet.elements[tag]?.items ?? [];
    return items.flatMap((item) => (item.dataSet === undefined ? [] : [new Attributes(item.dataSet, this.source)]));
  }

  /** The first item of a sequence. */
  item(tag: string): Attributes | undefined {
    return this.items(tag)[0];
  }

  /** The bytes of an element's value. */
  bytes(tag: string): Uint8Array | undefined {
    const element = this.dataSet.elements[tag];
    if (element === undefined) return undefined;
    const {byteArray} = this.dataSet;
    return new Uint8Array(byteArray.buffer, byteArray.byteOffset, byteArray.byteLength).subarray(
      element.dataOffset,
      element.dataOffset + element.length
    );
  }

  private text(tag: string): string | undefined {
    const bytes = this.bytes(tag);
    if (bytes === undefined || bytes.length > 1 << 20) return undefined;
    let text = "";
    for (const byte of bytes) {
      if (byte === 0) break;
      text += String.fromCharCode(byte);
    }
    return text;
  }
}
