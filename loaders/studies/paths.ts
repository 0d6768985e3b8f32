import {existsSync} from "node:fs";
import {isAbsolute, resolve} from "node:path";
import {InputError} from "../../models/errors.js";
import {ADAPTER_NAMES} from "../datasets/open.js";

/**
 * A path of a study file: `$NAME` at its beginning is what the environment says, and what is not absolute then counts from the
 * file's folder (an environment variable's from the working folder).
 * @throws InputError when the variable is not set
 */
export function resolvePath(text: string, folder: string, source: string): string {
  const match = /^\$(?:\{(\w+)\}|(\w+))(?=\/|,|$)/.exec(text);
  if (match === null) return isAbsolute(text) ? text : resolve(folder, text);
  const name = match[1] ?? match[2];
  const value = process.env[name];
  if (!value) throw new InputError(`${source} needs ${text}: set ${name} to the folder that has it`);
  return resolve(value) + text.slice(match[0].length);
}

/** A dataset's words with its path resolved; a definition's name and `simulated:…` stay as they are. @throws InputError */
export function resolveDataset(text: string, folder: string, source: string): string {
  const match = /^([a-z-]+):([^,]+)(.*)$/s.exec(text);
  if (match !== null && ADAPTER_NAMES.includes(match[1])) {
    if (match[1] === "simulated") return text;
    return `${match[1]}:${resolvePath(match[2], folder, source)}${match[3]}`;
  }
  if (text.startsWith("$") || text.includes("/")) return resolvePath(text, folder, source);
  return existsSync(resolve(folder, text)) ? resolve(folder, text) : text;
}
