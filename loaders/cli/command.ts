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
