import {type ParseArgsConfig, parseArgs} from "node:util";
import {InputError} from "../../models/errors.js";

/** One sub-command of `bandscope`. `run` resolves to the exit status. */
export interface Command {
  /** One line for `bandscope --help`. */
  readonly summary: string;
  /** The whole text of `bandscope NAME --help`. */
  readonly help: string;
  run(argv: string[]): Promise<number>;
}

/** The words on the command line do not fit: exit status 2, and a pointer to `--help`. */
export class UsageError extends InputError {
  constructor(message: string) {
    super(message, {exitCode: 2});
    this.name = "UsageError";
  }
}

/** Like node's `parseArgs` (strict), with its complaints as `UsageError`. */
export function parseCommandLine<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    // node says "Unknown option '--x'. To specify a positional argument …": the first sentence is enough
    throw new UsageError((error as Error).message.split(". ")[0].replace(/\.$/, ""));
  }
}

/**
 * `--weights a b --out c` → `--weights a --weights b --out c` for the options in `names`: node's parser takes one value an
 * option, the former is what people type.
 */
export function spreadValues(argv: readonly string[], names: readonly string[]): string[] {
  const result: string[] = [];
  let current: string | undefined;
  for (const word of argv) {
    if (word.startsWith("--")) {
      current = names.includes(word) ? word : undefined;
      if (current === undefined) result.push(word);
    } else if (current !== undefined) result.push(current, word);
    else result.push(word);
  }
  return result;
}

/** Parses `--name 12`-like options. @throws UsageError when the text is not a number in [min, max]. */
export function numberOption(
  name: string,
  text: string,
  {min = -Infinity, max = Infinity, integer = false}: {min?: number; max?: number; integer?: boolean} = {}
): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!(value >= min && value <= max) || (integer && !Number.isInteger(value))) {
    const range = `${integer ? "a whole number" : "a number"}${min > -Infinity ? ` from ${min}` : ""}${max < Infinity ? ` to ${max}` : ""}`;
    throw new UsageError(`--${name} must be ${range}, not ${JSON.stringify(text)}`);
  }
  return value;
}
