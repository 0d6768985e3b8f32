import {InputError} from "../errors.js";
import {ByteCursor} from "./byte-cursor.js";
import type {ByteSource} from "./byte-source.js";
import {printable} from "./printable.js";

/**
 * A class or function that a pickle may name. Naming one runs nothing: `call` is ours, it stands for what Python would do with
 * these arguments.
 */
export class Global {
  constructor(
    readonly name: string,
    readonly call: (args: unknown[], context: PickleContext) => unknown
  ) {}
}

/** An instance of a class that is known to be harmless and that we have no use for: kept as it was written, never run. */
export class Inert {
  readonly items = new Map<unknown, unknown>();
  readonly list: unknown[] = [];
  state: unknown = null;
  constructor(
    readonly className: string,
    readonly args: readonly unknown[]
  ) {}
}

/** Something with its own idea of what a pickle's BUILD (`__setstate__`) does to it. */
export interface Buildable {
  setState(state: unknown): void;
}

export interface PickleContext {
  fail(what: string): InputError;
  /** Accounts for work that is not proportional to the bytes read. @throws InputError when it becomes too much. */
  spend(steps: number): void;
}

/** What the interpreter asks of the file format around the pickle. */
export interface PickleHost {
  /** A global by its dotted name, or `undefined`, whereupon the file is refused by that name. */
  findGlobal(name: string): Global | undefined;
  /** What a persistent id stands for. */
  persistentLoad(id: unknown, context: PickleContext): unknown;
}

/** A model of 10,000 tensors with its optimizer takes about a million; a hostile file can't make us do much more. */
const maxSteps = 2_000_000;
/** A dictionary or set takes as much time and memory as this many other values. */
export const hashSteps = 8;
const maxBytes = 64 << 20;
const maxLongBytes = 256;
const maxLine = 4096;

/**
 * Reads one pickle (protocols 0 to 5) that begins at `position`, executing nothing: Python's containers become `Map`, `Set` and arrays
 * (lists and tuples alike), integers numbers (bigints beyond 2⁵³), bytes `Uint8Array`; globals are looked up in the host's allow-list.
 * The opcodes are those of CPython's Lib/pickletools.py.
 * @returns the value and the position after it
 * @throws InputError for a global that is not allowed, a malformed or truncated pickle, or one that takes too much work
 */
export function readPickle(
  source: ByteSource,
  position: number,
  end: number,
  host: PickleHost
): {value: unknown; end: number} {
  const fail = (what: string) => new InputError(`${source.name} is not a valid PyTorch file: its pickle ${what}`);
  const limit = Math.min(end, position + maxBytes);
  const cursor = new ByteCursor(source, position, limit, () =>
    limit < end
      ? fail(`is longer than ${maxBytes >> 20} MiB`)
      : new InputError(`${source.name} is truncated: its pickle does not end before byte ${end}`)
  );
  let steps = 0;
  const spend = (n: number) => {
    steps += n;
    if (steps > maxSteps) throw fail(`takes more than ${maxSteps} steps`);
  };
  const context: PickleContext = {fail, spend};

  let stack: unknown[] = [];
  const outer: unknown[][] = [];
  const memo = new Map<number, unknown>();

  const pop = (): unknown => {
    if (stack.length === 0) throw fail("takes from an empty stack");
    return stack.pop();
  };
  const top = (): unknown => {
    if (stack.length === 0) throw fail("uses an empty stack");
    return stack[stack.length - 1];
  };
  const popMark = (): unknown[] => {
    const below = outer.pop();
    if (below === undefined) throw fail("ends a group that it did not begin");
    const items = stack;
    stack = below;
    return items;
  };
  const recall = (index: number): unknown => {
    if (!memo.has(index)) throw fail(`recalls item ${index} that it did not store`);
    return memo.get(index);
  };
  const findGlobal = (module: string, name: string): Global => {
    const full = `${module}.${name}`;
    const found = host.findGlobal(full);
    if (found !== undefined) return found;
    throw new InputError(
      `${source.name} is refused: its pickle names ${printable(full)}, and a checkpoint may hold tensors and plain containers only (save the model's state_dict() instead)`
    );
  };
  const call = (callee: unknown, args: unknown): unknown => {
    if (!(callee instanceof Global)) throw fail("calls something that is no function or class");
    if (!Array.isArray(args)) throw fail(`calls ${callee.name} with no tuple of arguments`);
    return callee.call(args, context);
  };
  const setItems = (target: unknown, pairs: unknown[]): void => {
    const items = target instanceof Inert ? target.items : target;
    if (!(items instanceof Map)) throw fail("sets an item of something that is no dictionary");
    if (pairs.length % 2 !== 0) throw fail("has a dictionary key without a value");
    for (let i = 0; i < pairs.length; i += 2) items.set(pairs[i], pairs[i + 1]);
  };
  const append = (target: unknown, values: unknown[]): void => {
    const list = target instanceof Inert ? target.list : target;
    if (!Array.isArray(list)) throw fail("appends to something that is no list");
    for (const value of values) list.push(value);
  };
  const build = (target: unknown, state: unknown): void => {
    if (target instanceof Inert) target.state = state;
    else if (isBuildable(target)) target.setState(state);
    // what Python code hangs onto a container (OrderedDict's `_metadata`) or a tensor is of no use here
    else if (typeof target !== "object" || target === null) throw fail("sets the state of something that has none");
  };
  const line = (): string => {
    const text = cursor.line(maxLine);
    if (text === undefined) throw fail("has an overlong line");
    return text;
  };
  const lineInteger = (text: string): number | bigint => {
    if (!/^-?\d{1,600}$/.test(text)) throw fail(`has ${printable(text)} where an integer was expected`);
    return narrow(BigInt(text));
  };

  for (;;) {
    spend(1);
    const opcode = cursor.byte();
    switch (opcode) {
      case 0x80: // PROTO
        if (cursor.byte() > 5) throw fail("is of a protocol newer than 5");
        break;
      case 0x95: // FRAME
        cursor.bytes(8);
        break;
      case 0x2e: {
        // STOP
        const value = pop();
        return {value, end: cursor.position};
      }

      // the stack
      case 0x28: // MARK
        outer.push(stack);
        stack = [];
        break;
      case 0x30: // POP
        if (stack.length > 0) stack.pop();
        else popMark();
        break;
      case 0x31: // POP_MARK
        popMark();
        break;
      case 0x32: // DUP
        stack.push(top());
        break;

      // the memo
      case 0x70: // PUT
        memo.set(Number(lineInteger(line())), top());
        break;
      case 0x71: // BINPUT
        memo.set(cursor.byte(), top());
        break;
      case 0x72: // LONG_BINPUT
        memo.set(cursor.uint(4), top());
        break;
      case 0x94: // MEMOIZE
        memo.set(memo.size, top());
        break;
      case 0x67: // GET
        stack.push(recall(Number(lineInteger(line()))));
        break;
      case 0x68: // BINGET
        stack.push(recall(cursor.byte()));
        break;
      case 0x6a: // LONG_BINGET
        stack.push(recall(cursor.uint(4)));
        break;

      // constants and numbers
      case 0x4e: // NONE
        stack.push(null);
        break;
      case 0x88: // NEWTRUE
        stack.push(true);
        break;
      case 0x89: // NEWFALSE
        stack.push(false);
        break;
      case 0x49: {
        // INT, which protocol 0 also uses for booleans
        const text = line();
        stack.push(text === "00" ? false : text === "01" ? true : lineInteger(text));
        break;
      }
      case 0x4c: // LONG
        stack.push(lineInteger(line().replace(/L$/, "")));
        break;
      case 0x4a: // BININT
        stack.push(cursor.uint(4) | 0);
        break;
      case 0x4b: // BININT1
        stack.push(cursor.byte());
        break;
      case 0x4d: // BININT2
        stack.push(cursor.uint(2));
        break;
      case 0x8a: // LONG1
        stack.push(signedInteger(cursor.bytes(cursor.byte())));
        break;
      case 0x8b: {
        // LONG4
        const length = cursor.uint(4);
        if (length > maxLongBytes) throw fail(`has an integer of ${length} bytes`);
        stack.push(signedInteger(cursor.bytes(length)));
        break;
      }
      case 0x46: {
        // FLOAT
        const text = line();
        const value = pythonFloat(text);
        if (value === undefined) throw fail(`has ${printable(text)} where a number was expected`);
        stack.push(value);
        break;
      }
      case 0x47: {
        // BINFLOAT, big-endian
        const bytes = cursor.bytes(8);
        stack.push(new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, false));
        break;
      }

      // text and bytes
      case 0x53: // STRING
        stack.push(unquote(line(), fail));
        break;
      case 0x56: // UNICODE
        stack.push(unescapeText(line()));
        break;
      case 0x54: // BINSTRING
        stack.push(text(cursor.bytes(cursor.uint(4))));
        break;
      case 0x55: // SHORT_BINSTRING
      case 0x8c: // SHORT_BINUNICODE
        stack.push(text(cursor.bytes(cursor.byte())));
        break;
      case 0x58: // BINUNICODE
        stack.push(text(cursor.bytes(cursor.uint(4))));
        break;
      case 0x8d: // BINUNICODE8
        stack.push(text(cursor.bytes(cursor.uint(8))));
        break;
      case 0x43: // SHORT_BINBYTES
        stack.push(cursor.bytes(cursor.byte()).slice());
        break;
      case 0x42: // BINBYTES
        stack.push(cursor.bytes(cursor.uint(4)).slice());
        break;
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        stack.push(cursor.bytes(cursor.uint(8)).slice());
        break;

      // containers
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        stack.push([]);
        break;
      case 0x7d: // EMPTY_DICT
        spend(hashSteps);
        stack.push(new Map());
        break;
      case 0x8f: // EMPTY_SET
        spend(hashSteps);
        stack.push(new Set());
        break;
      case 0x6c: // LIST
      case 0x74: {
        // TUPLE
        const items = popMark();
        stack.push(items);
        break;
      }
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: {
        // TUPLE3
        const items = [];
        for (let i = 0x84; i < opcode; i++) items.unshift(pop());
        stack.push(items);
        break;
      }
      case 0x64: {
        // DICT
        const pairs = popMark();
        spend(hashSteps);
        const map = new Map();
        setItems(map, pairs);
        stack.push(map);
        break;
      }
      case 0x91: {
        // FROZENSET
        const items = popMark();
        spend(hashSteps);
        stack.push(new Set(items));
        break;
      }
      case 0x61: {
        // APPEND
        const value = pop();
        append(top(), [value]);
        break;
      }
      case 0x65: {
        // APPENDS
        const values = popMark();
        append(top(), values);
        break;
      }
      case 0x73: {
        // SETITEM
        const value = pop();
        const key = pop();
        setItems(top(), [key, value]);
        break;
      }
      case 0x75: {
        // SETITEMS
        const pairs = popMark();
        setItems(top(), pairs);
        break;
      }
      case 0x90: {
        // ADDITEMS
        const values = popMark();
        const set = top();
        if (!(set instanceof Set)) throw fail("adds to something that is no set");
        for (const value of values) set.add(value);
        break;
      }

      // globals and objects
      case 0x63: {
        // GLOBAL
        const module = line();
        stack.push(findGlobal(module, line()));
        break;
      }
      case 0x93: {
        // STACK_GLOBAL
        const name = pop();
        const module = pop();
        if (typeof name !== "string" || typeof module !== "string")
          throw fail("names a global by something that is no text");
        stack.push(findGlobal(module, name));
        break;
      }
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const args = pop();
        stack.push(call(pop(), args));
        break;
      }
      case 0x92: {
        // NEWOBJ_EX: the keyword arguments have no use in anything that we know
        pop();
        const args = pop();
        stack.push(call(pop(), args));
        break;
      }
      case 0x69: {
        // INST
        const module = line();
        const callee = findGlobal(module, line());
        stack.push(call(callee, popMark()));
        break;
      }
      case 0x6f: {
        // OBJ
        const [callee, ...args] = popMark();
        stack.push(call(callee, args));
        break;
      }
      case 0x62: {
        // BUILD
        const state = pop();
        build(top(), state);
        break;
      }
      case 0x51: // BINPERSID
        stack.push(host.persistentLoad(pop(), context));
        break;

      default: // PERSID, EXT1/2/4, NEXT_BUFFER, READONLY_BUFFER: nothing that torch.save writes
        throw fail(
          `has opcode 0x${opcode.toString(16).padStart(2, "0")} at byte ${cursor.position - 1}, which is unknown or not allowed`
        );
    }
  }
}

function isBuildable(value: unknown): value is Buildable {
  return typeof (value as Buildable | null)?.setState === "function";
}

/** Little-endian two's complement. */
function signedInteger(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
  return narrow(BigInt.asIntN(8 * bytes.length, value));
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function pythonFloat(text: string): number | undefined {
  if (/^[-+]?(inf|infinity)$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  if (/^[-+]?nan$/i.test(text)) return Number.NaN;
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

const utf8 = new TextDecoder();

function text(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

/** The Python literal of a STRING opcode. */
function unquote(literal: string, fail: (what: string) => InputError): string {
  const quote = literal[0];
  if ((quote !== "'" && quote !== '"') || literal.length < 2 || !literal.endsWith(quote))
    throw fail("has an unquoted string");
  return literal.slice(1, -1).replace(/\\(x[0-9a-fA-F]{2}|.)/g, (_, code: string) => {
    if (code.length === 3) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return {n: "\n", r: "\r", t: "\t"}[code] ?? code;
  });
}

/** Python's raw-unicode-escape. */
function unescapeText(literal: string): string {
  return literal.replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
