import {existsSync, readFileSync} from "node:fs";
import {dirname, join, relative} from "node:path";
import {init, parse} from "es-module-lexer";
import {walk} from "./paths.js";

/**
 * What `observable build` lets through with exit status 0: a cell with a syntax error, an import that was not resolved
 * (bare, `node:`, `npm:`, or a file that is not there), a reference to another origin. One sentence each.
 */
export async function checkDist(folder: string): Promise<string[]> {
  await init;
  const problems: string[] = [];
  for (const file of walk(folder)) {
    const label = relative(folder, file);
    // Framework's own client names every implicit library, of which a site has only those that a page uses
    if (file.endsWith(".js") && !label.startsWith("_observablehq/")) {
      problems.push(...checkModule(readFileSync(file, "utf8"), file, label));
    } else if (file.endsWith(".html")) problems.push(...checkPage(readFileSync(file, "utf8"), file, label));
    else if (file.endsWith(".css")) {
      for (const [, url] of readFileSync(file, "utf8").matchAll(
        /(?:@import\s+|url\()["']?((?:https?:)?\/\/[^"')]+)/g
      )) {
        problems.push(`${label}: another origin: ${url}`);
      }
    }
  }
  return problems;
}

function checkModule(source: string, file: string, label: string): string[] {
  const problems: string[] = [];
  for (const {specifier} of parse(source)[0]) {
    if (specifier == null || specifier.includes("@0.0.0-not-vendored/")) continue; // computed, or never used
    if (!/^\.{0,2}\//.test(specifier)) problems.push(`${label}: unresolved import: ${specifier}`);
    else if (!existsSync(join(dirname(file), specifier.replace(/[?#].*/, "")))) {
      problems.push(`${label}: missing module: ${specifier}`);
    }
  }
  return problems;
}

function checkPage(source: string, file: string, label: string): string[] {
  const problems: string[] = [];
  for (const [, message] of source.matchAll(/observablehq--error"[^>]*>([^<]*)/g))
    problems.push(`${label}: ${message}`);
  for (const [, body] of source.matchAll(/<script type="module">([\s\S]*?)<\/script>/g)) {
    problems.push(...checkModule(body, file, label));
  }
  const tags = /<(?:link|script|img|iframe|source|video|audio)\b[^>]*?\b(?:href|src)="([^"]*)"[^>]*>/g;
  for (const [tag, url] of source.matchAll(tags)) {
    if (/^(data:|#)/.test(url)) continue;
    if (/^(\w+:)?\/\//.test(url)) problems.push(`${label}: another origin: ${tag}`);
    else if (!existsSync(join(dirname(file), decodeURI(url.replace(/[?#].*/, ""))))) {
      problems.push(`${label}: missing file: ${url}`);
    }
  }
  return problems;
}
