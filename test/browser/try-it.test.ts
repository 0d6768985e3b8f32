import {readFileSync} from "node:fs";
import {join} from "node:path";
import {csvParse} from "d3-dsv";
import type {Browser} from "playwright-core";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {decodeImage, encodePng8} from "../../loaders/images/index.js";
import {dist, walk} from "../../scripts/paths.js";
import type {SiteIndex} from "../../src/components/site-data.js";
import {measureImage} from "../../src/measures/measure-image.js";
import {hasBrowser, openBrowser, openPage} from "./support.js";

function siteFile(pattern: RegExp): string {
  return readFileSync([...walk(join(dist, "_file/data"))].find((path) => pattern.test(path))!, "utf8");
}

describe.skipIf(!hasBrowser)("Try it", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  test("a pair that is put in gets every measure, as in Node, and nothing is requested from elsewhere", async () => {
    const index = JSON.parse(siteFile(/index\.\w+\.json$/)) as SiteIndex;
    const {hr, outputs} = index.images[0];
    const paths = [hr, outputs.bicubic.file].map((name) => join(dist, "_file/images", name));
    const [a, b] = await Promise.all(paths.map((path) => decodeImage(readFileSync(path), path)));
    const expected = measureImage(a, b);
    const {page, problems, close} = await openPage(browser, "try-it?what=pair");
    const inputs = page.locator('input[type="file"]');
    await inputs.nth(0).setInputFiles(paths[0]);
    await inputs.nth(1).setInputFiles(paths[1]);
    await page.waitForSelector("#try-measures");
    const text = await page.locator("#try-measures").textContent();
    expect(text).toContain(`${expected.psnr.toFixed(2)} dB`);
    expect(text).toContain(expected.ssim!.toFixed(4));
    expect(text).toContain(expected.ssim_skimage!.toFixed(4));
    expect(problems).toEqual([]);
    await close();
  });

  test("a file that is no image, and two of different size, are said to be so", async () => {
    const {page, close} = await openPage(browser, "try-it?what=pair");
    const inputs = page.locator('input[type="file"]');
    await inputs.nth(0).setInputFiles({name: "x.png", mimeType: "image/png", buffer: Buffer.from("no image")});
    await expect.poll(() => page.locator(".drop .status").first().textContent()).toContain("not an image");
    for (const [i, side] of [16, 24].entries()) {
      const png = encodePng8({data: new Float32Array(side * side), width: side, height: side});
      await inputs.nth(i).setInputFiles({name: `${side}.png`, mimeType: "image/png", buffer: Buffer.from(png)});
    }
    await expect
      .poll(() => page.locator("main > div > .status, main .observablehq > .status").allTextContents())
      .toContain("The two must have one size, not 16×16 and 24×24.");
    await close();
  });

  test("the small autoencoder runs in the page and gives what the loaders got", async (context) => {
    const index = JSON.parse(siteFile(/index\.\w+\.json$/)) as SiteIndex;
    const arm = index.arms.find(({weights}) => weights?.browser);
    if (arm === undefined) return context.skip("this build has no autoencoder that is small enough");
    const rows = csvParse(siteFile(/measures\.\w+\.csv$/));
    const row = rows.find((one) => one.image === index.images[0].id && one.arm === arm.id && one.measure === "psnr")!;
    const {page, problems, close} = await openPage(browser, "try-it");
    await page.getByText("Take one of this site").click();
    await page.waitForSelector("#try-measures", {timeout: 55_000});
    const shown = /PSNR([\d.]+) dB/.exec((await page.locator("#try-measures").textContent())!)!;
    // the page starts from 8-bit pixels
    expect(Math.abs(Number(shown[1]) - Number(row.value))).toBeLessThan(0.05);
    expect(problems).toEqual([]);
    await close();
  });
});
