import {existsSync, writeFileSync} from "node:fs";
import {availableParallelism, loadavg} from "node:os";
import {join, resolve} from "node:path";
import {parseArgs} from "node:util";
import {chromium} from "playwright-core";
import {InputError} from "../models/errors.js";
import {type FrameTimes, frameLimit, measureFrames, pictureSide} from "./measure-frames.js";
import {type AxeViolation, axeViolations, chromiumArguments, limits, type PageLoad, withPage} from "./measure-page.js";
import {dist} from "./paths.js";
import {sitePages} from "./site-pages.js";
import {serveFolder} from "./static-server.js";

const help = `Measures the built site, page by page, in headless Chromium.

Usage: npm run report [-- OPTION…]

  --dist DIR     the built site (default: dist)
  --pages A,B    only these (default: all that the list of pages names; index is the home page)
  --runs N       loads of each page, whose median time counts (default: 3)
  --no-axe       leave out axe-core (light and dark, 1440 and 390 pixels wide)
  --no-frames    leave out the frame times of viewer, band mixer and threshold lab
  --json FILE    write all figures there too
  --help

A page must need at most ${limits.requests} requests and ${limits.bytes / 1e6} MB before images, no other origin, and have neither an error on the console nor a
serious or critical finding of axe-core. Above ${limits.interactive / 1000} s to interactive is a failure on an idle machine, a warning on a busy one;
so are frames above ${frameLimit.toFixed(1)} ms, 95th percentile, on pictures of ${pictureSide}×${pictureSide} pixels.

Environment
  CHROMIUM       the browser (default: /usr/bin/chromium)

Exit status: 0 all pages are within the limits, 1 some are not.
`;

interface PageReport extends PageLoad {
  readonly page: string;
  readonly axe: readonly (AxeViolation & {readonly scheme: string; readonly width: number})[];
  readonly sideways: boolean;
}

async function main(): Promise<number> {
  const {values} = parseArgs({
    options: {
      dist: {type: "string", default: dist},
      pages: {type: "string"},
      runs: {type: "string", default: "3"},
      "no-axe": {type: "boolean", default: false},
      "no-frames": {type: "boolean", default: false},
      json: {type: "string"},
      help: {type: "boolean", short: "h", default: false}
    }
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const folder = resolve(values.dist);
  if (!existsSync(join(folder, "index.html"))) throw new InputError("there is no built site: run npm run build first");
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new InputError("--runs must be a whole number from 1");
  const executablePath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);
  if (!executablePath) throw new InputError("no Chromium: CHROMIUM=/path/to/chromium names one");
  const pages = values.pages?.split(",").map((page) => (page === "index" ? "" : page)) ?? sitePages();
  const {server, url} = await serveFolder(folder, {port: 0});
  const browser = await chromium.launch({executablePath, args: chromiumArguments});
  const reports: PageReport[] = [];
  let frames: FrameTimes[] = [];
  try {
    for (const page of pages) {
      const loads: PageLoad[] = [];
      for (let run = 0; run < runs; run++) {
        const options = {viewport: {width: 1440, height: 900}};
        loads.push(await withPage(browser, url + page, options, async (_, load) => load));
      }
      loads.sort((a, b) => a.interactive - b.interactive);
      const axe: (AxeViolation & {scheme: string; width: number})[] = [];
      let sideways = false;
      for (const width of values["no-axe"] ? [] : [1440, 390]) {
        for (const scheme of ["light", "dark"] as const) {
          const options = {viewport: {width, height: 900}, colorScheme: scheme, isMobile: width === 390};
          await withPage(browser, url + page, options, async (shown) => {
            for (const found of await axeViolations(shown)) axe.push({...found, scheme, width});
            sideways ||= await shown.evaluate(() => document.documentElement.scrollWidth > innerWidth);
          });
        }
      }
      reports.push({page: page || "index", ...loads[loads.length >> 1], axe, sideways});
      process.stderr.write(`${page || "index"}\n`);
    }
    if (!values["no-frames"]) {
      frames = await measureFrames(browser, url, {say: (text) => process.stderr.write(`${text}\n`)});
    }
  } finally {
    await browser.close();
    server.close();
  }
  process.stdout.write(pageTable(reports, !values["no-axe"]));
  if (frames.length > 0) process.stdout.write(`\n${frameTable(frames)}`);
  process.stdout.write("\n");
  if (values.json) writeFileSync(values.json, `${JSON.stringify({load: loadavg()[0], reports, frames}, null, 1)}\n`);
  const busy = loadavg()[0] > 0.7 * availableParallelism();
  const {failures, warnings} = judge(reports, frames, busy);
  for (const text of warnings) process.stdout.write(`warning: ${text}\n`);
  for (const text of failures) process.stdout.write(`FAILED: ${text}\n`);
  return failures.length > 0 ? 1 : 0;
}

function pageTable(reports: readonly PageReport[], withAxe: boolean): string {
  const head = [
    "page",
    "requests",
    "MB before images",
    "MB of images",
    "interactive (ms)",
    "heap (MB)",
    "errors",
    "external",
    ...(withAxe ? ["axe"] : [])
  ];
  const lines = reports.map(({page, requests, bytes, imageBytes, interactive, heap, consoleErrors, external, axe}) => [
    page,
    String(requests),
    (bytes / 1e6).toFixed(2),
    (imageBytes / 1e6).toFixed(2),
    interactive.toFixed(0),
    (heap / 1e6).toFixed(0),
    String(consoleErrors.length),
    String(external.length),
    ...(withAxe ? [String(axe.length)] : [])
  ]);
  return table([head, ...lines]);
}

function frameTable(frames: readonly FrameTimes[]): string {
  const head = ["95th percentile of", "frame (ms)", "processor time (ms)", "frames", "pictures"];
  const lines = frames.map(({interaction, interval, work, frames, pictures}) => [
    interaction,
    interval.toFixed(1),
    work.toFixed(1),
    String(frames),
    pictures
  ]);
  return table([head, ...lines]);
}

function table(lines: readonly (readonly string[])[]): string {
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  return lines
    .map(
      (line) =>
        `| ${line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(" | ")} |\n`
    )
    .join("");
}

function judge(
  reports: readonly PageReport[],
  frames: readonly FrameTimes[],
  busy: boolean
): {failures: string[]; warnings: string[]} {
  const failures: string[] = [];
  const warnings: string[] = [];
  const late = (text: string) => {
    if (busy) warnings.push(`${text} (the machine is busy)`);
    else failures.push(text);
  };
  for (const {page, requests, bytes, interactive, consoleErrors, external, axe, sideways} of reports) {
    const fail = (text: string) => failures.push(`${page}: ${text}`);
    if (requests > limits.requests) fail(`${requests} requests, more than ${limits.requests}`);
    if (bytes > limits.bytes) fail(`${(bytes / 1e6).toFixed(2)} MB before images, more than ${limits.bytes / 1e6}`);
    if (interactive > limits.interactive) {
      late(`${page}: interactive after ${interactive.toFixed(0)} ms, later than ${limits.interactive}`);
    }
    for (const text of consoleErrors) fail(`console: ${text}`);
    for (const text of external) fail(`another origin: ${text}`);
    if (sideways) fail("scrolls sideways");
    for (const {id, impact, nodes, scheme, width} of axe) {
      fail(`axe-core, ${scheme}, ${width} pixels: ${id} (${impact}): ${nodes.slice(0, 3).join(" | ")}`);
    }
  }
  for (const {interaction, interval, work} of frames) {
    // the screen's own clock is off by a tenth of a millisecond
    if (Math.max(interval - 0.5, work) <= frameLimit) continue;
    late(`${interaction}: 5 % of frames take ${interval.toFixed(1)} ms (${work.toFixed(1)} of the processor) and more`);
  }
  return {failures, warnings};
}

try {
  process.exitCode = await main();
} catch (error) {
  const known = error instanceof InputError || (error as NodeJS.ErrnoException).code?.startsWith("ERR_PARSE_ARGS");
  process.stderr.write(`report: ${known ? (error as Error).message : (error as Error).stack}\n`);
  process.exitCode = 1;
}
