import {spawn} from "node:child_process";
import {createHash} from "node:crypto";
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join, relative} from "node:path";
import {afterAll, beforeAll, describe, expect, onTestFinished, test} from "vitest";
import {encodePng8} from "../../loaders/images/index.js";
import {findPixels} from "../../loaders/publish/find-pixels.js";
import {publish, requireOurs} from "../../loaders/publish/publish.js";
import {thumbnail} from "../../loaders/site/thumbnails.js";
import {project, walk} from "../../scripts/paths.js";
import {sitePages} from "../../scripts/site-pages.js";
import {serveFolder} from "../../scripts/static-server.js";
import {random as seeded} from "../../src/measures/random.js";
import {hasBrowser, openBrowser} from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "bandscope-publish-"));
const random = seeded("publish", 11);
const names = ["MIMIC-p10001-s1", "MIMIC-p10001-s2", "MIMIC-p10002-s9"];
const images = names.map((name) => {
  const data = Float32Array.from(
    {length: 64 * 64},
    (_, i) => 0.5 + 0.3 * Math.sin(i / 7) + 0.2 * random.uniform() - 0.1
  );
  const plane = {data: data.map((value) => Math.round(255 * value) / 255), width: 64, height: 64};
  mkdirSync(join(folder, "data", "cxr"), {recursive: true});
  writeFileSync(join(folder, "data", "cxr", `${name}.png`), encodePng8(plane));
  return plane;
});
const settings = {
  data: join(folder, "data"),
  weights: [],
  generators: [],
  imagesPerSet: 9,
  withoutDates: true,
  studies: [],
  withoutImages: true,
  pseudonyms: true
};
const out = join(folder, "site");

function contents(path: string): Map<string, string> {
  return new Map(
    [...walk(path)].map((file) => [relative(path, file), createHash("sha256").update(readFileSync(file)).digest("hex")])
  );
}

describe("publish", () => {
  beforeAll(async () => {
    await publish({out, base: "/repo/", title: "Ours & theirs", settings});
  }, 600_000);
  afterAll(() => rmSync(folder, {recursive: true, force: true}));

  test("no pixel of an image is in a site without images, in whatever disguise", async () => {
    const known = images.flatMap((image) => [image, thumbnail(image)]);
    expect(await findPixels(out, known)).toEqual([]);
    // and the search would have found them
    writeFileSync(join(folder, "data", "row.json"), JSON.stringify(Array.from(images[1].data.subarray(640, 704))));
    expect(await findPixels(join(folder, "data"), known)).toHaveLength(4);
  });

  test("neither a file's name nor a patient's stands in it", () => {
    for (const file of walk(out)) {
      const text = readFileSync(file).toString("latin1");
      for (const name of [...names, "p10001", folder]) expect(text.includes(name), `${name} in ${file}`).toBe(false);
    }
  });

  test("the same command writes the same bytes over the earlier site", async () => {
    const before = contents(out);
    await publish({out, base: "/repo/", title: "Ours & theirs", settings});
    expect(contents(out)).toEqual(before);
    expect(existsSync(join(out, ".nojekyll"))).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(["data", "site"]);
  }, 600_000);

  test("a folder with something else in it is left alone", () => {
    expect(() => requireOurs(join(folder, "data"))).toThrow("is not empty and was not written by bandscope publish");
    expect(() => requireOurs(join(folder, "data", "row.json"))).toThrow("is a file");
    expect(() => requireOurs(out)).not.toThrow();
    expect(() => requireOurs(join(folder, "nowhere"))).not.toThrow();
  });

  test("an interruption leaves nothing behind", async () => {
    const place = mkdtempSync(join(tmpdir(), "bandscope-interrupted-"));
    onTestFinished(() => rmSync(place, {recursive: true, force: true}));
    const child = spawn(
      process.execPath,
      ["bin/bandscope.mjs", "publish", "--data", join(folder, "data"), "--out", join(place, "site")],
      {cwd: project, env: {...process.env, TMPDIR: place}, stdio: ["ignore", "pipe", "pipe"]}
    );
    const status = new Promise((resolve) => child.once("exit", resolve));
    // once the sources are laid out
    const ours = () => readdirSync(place).filter((name) => !name.startsWith("tsx-") && name !== "node-compile-cache");
    await expect.poll(() => ours().some((name) => name.startsWith("bandscope-site-")), {timeout: 60_000}).toBe(true);
    child.kill("SIGINT");
    expect(await status).toBe(130);
    expect(ours()).toEqual([]);
  }, 120_000);

  describe.skipIf(!hasBrowser)("in a browser", () => {
    test("every page works below a base path, and those that need pixels say that there are none", async () => {
      const browser = await openBrowser();
      const {server, url} = await serveFolder(out, {port: 0, base: "/repo/"});
      expect(url).toMatch(/\/repo\/$/);
      try {
        for (const path of sitePages()) {
          const page = await browser.newPage();
          const problems: string[] = [];
          page.on("pageerror", ({message}) => problems.push(message));
          page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
          page.on(
            "request",
            (request) =>
              request.url().startsWith(url) || /^(data|blob):/.test(request.url()) || problems.push(request.url())
          );
          await page.goto(url + path, {waitUntil: "networkidle"});
          problems.push(...(await page.locator(".observablehq--error").allTextContents()));
          expect(problems, path).toEqual([]);
          expect(await page.title()).toContain("Ours & theirs");
          if (path === "reconstructions" || path === "bands") {
            expect(await page.locator("#withheld").textContent()).toContain("without images");
            expect(await page.locator(".picker .strip button").first().textContent()).toMatch(/^cxr-\d{4}$/);
          }
          if (path === "licences") expect(await page.locator("#pseudonyms").count()).toBe(1);
          await page.close();
        }
      } finally {
        server.close();
        await browser.close();
      }
    }, 300_000);
  });
});
