import {spawnSync} from "node:child_process";
import {existsSync} from "node:fs";
import {join} from "node:path";
import type {TestProject} from "vitest/node";
import {dist, project as root} from "../../scripts/paths.js";
import {serveFolder} from "../../scripts/static-server.js";

/** Where Chromium is: CHROMIUM names it, else the places where distributions put it. */
export const chromiumPath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);

declare module "vitest" {
  export interface ProvidedContext {
    readonly siteUrl: string;
    readonly chromium: string;
  }
}

/**
 * Builds the site (BANDSCOPE_BUILT=1: it has been) and serves it for the tests. Without a browser there is nothing to
 * test: they are skipped, but in CI that is a failure.
 */
export async function setup(project: TestProject): Promise<(() => void) | undefined> {
  if (chromiumPath === undefined || !existsSync(chromiumPath)) {
    const message = "no Chromium: CHROMIUM=/path/to/chromium names one (Debian: apt-get install chromium)";
    if (process.env.CI) throw new Error(message);
    process.stderr.write(`browser tests are skipped: ${message}\n`);
    project.provide("chromium", "");
    project.provide("siteUrl", "");
    return undefined;
  }
  if (!process.env.BANDSCOPE_BUILT || !existsSync(join(dist, "index.html"))) {
    const built = spawnSync("npm", ["run", "-s", "build"], {cwd: root, stdio: "inherit"});
    if (built.status !== 0) throw new Error("the site could not be built");
  }
  const {server, url} = await serveFolder(dist, {port: 0});
  project.provide("chromium", chromiumPath);
  project.provide("siteUrl", url);
  return () => server.close();
}
