/**
 * Something that the person gave us is wrong: a file, a value, a folder. The message is one clear sentence that names
 * it and says what would have been right. The command line prints it without a stack trace and exits with `exitCode`.
 */
export class InputError extends Error {
  readonly exitCode: number;
  constructor(message: string, {exitCode = 1, cause}: {exitCode?: number; cause?: unknown} = {}) {
    super(message, {cause});
    this.name = "InputError";
    this.exitCode = exitCode;
  }
}
