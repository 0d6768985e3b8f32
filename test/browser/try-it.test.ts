import {existsSync, readFileSync} from "node:fs";
import {join} from "node:path";
import {csvParse} from "d3-dsv";
import type {Browser, Page} from "playwright-core";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {readMedical, readVolume, slice, toUnitRange} from "../../loaders/formats/index.js";
import {decodeImage, encodePng8, encodePng16} from "../../loaders/images/index.js";
import {walk} from "../../scripts/paths.js";
import {windowings} from "../../src/components/volume-controls.js";
import {measureImage} from "../../src/measures/measure-image.js";
import {random} from "../../src/measures/random.js";
import {measures} from "../../src/measures/tables/measures.js";
import {volumeFacts, volumePlane} from "../../src/workers/decode.js";
import {pairRecord} from "../../src/workers/pair-record.js";
import {hasShared, shared} from "../support/shared.js";
import {hasBrowser, openBrowser, openPage} from "./support.js";
import {measuresOf, siteIndex} from "./tables.js";

/** What the page says of a file: the place to drop it, or the page. */
const statusOf = (page: Page, drop = 0) => page.locator(".drop .status").nth(drop).textContent();

function noise(seed: string, side: number) {
  const source = random(seed, 1);
  return {data: Float32Array.from({length: side * side}, () => source.uniform()), width: side, height: side};
}

describe.skipIf(!hasBrowser)("Try it", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  test("a pair that is put in gets every measure, as in Node, and nothing is sent anywhere", async () => {
    const [a, b] = [noise("hr", 192), noise("output", 192)];
    b.data.forEach((value, i) => {
      b.data[i] = 0.9 * a.data[i] + 0.1 * value;
    });
    const files = [encodePng16(a), encodePng16(b)].map((png) => Buffer.from(png));
    const [hr, output] = await Promise.all(files.map((png) => decodeImage(png, "x.png")));
    const expected = measureImage(hr, output);
    const record = pairRecord(hr, output, "pair", "output");
    const {page, problems, requests, close} = await openPage(browser, "try-it?what=pair");
    const before = requests.length;
    const methods = new Set<string>();
    page.on("request", (request) => methods.add(`${request.method()} ${request.postData() ?? ""}`));
    const inputs = page.locator('input[type="file"]');
    for (const [i, buffer] of files.entries()) {
      await inputs.nth(i).setInputFiles({name: `${"ab"[i]}.png`, mimeType: "image/png", buffer});
    }
    await page.waitForSelector("#try-measures");
    const text = await page.locator("#try-measures").textContent();
    expect(text).toContain(`${expected.psnr.toFixed(2)} dB`);
    expect(text).toContain(expected.ssim!.toFixed(4));
    expect(text).toContain(expected.ssim_skimage!.toFixed(4));
    // sixteen bits: what a canvas would give has eight
    await page.locator("details", {hasText: "Every measure of this pair"}).locator("summary").click();
    await page.waitForSelector("#try-all");
    const shown = await page
      .locator("#try-all tbody tr")
      .evaluateAll((rows) =>
        rows.map((row): [string, string] => [row.getAttribute("data-key")!, row.querySelector("td")!.textContent ?? ""])
      );
    const present = measures.filter(({value}) => value(record) !== null);
    expect(shown.map(([key]) => key)).toEqual(present.map(({key}) => key));
    const byKey = new Map(shown);
    for (const key of ["psnr", "mae", "band_psnr_HH1", "frc_mean", "invented_share", "sfrc_lowest"]) {
      const value = measures.find((one) => one.key === key)!.value(record)!;
      expect(Number(byKey.get(key)!.replace("−", "-")), key).toBeCloseTo(value, 4);
    }
    const [csv] = await Promise.all([page.waitForEvent("download"), page.getByText("Save CSV").first().click()]);
    const saved = csvParse(readFileSync((await csv.path())!, "utf8"));
    expect(Number(saved.find(({measure}) => measure === "psnr")!.value)).toBeCloseTo(expected.psnr, 10);
    // only code of this site was fetched, and nothing went with a request
    expect(requests.slice(before).every((url) => /\/_file\/engine\/[\w.-]+$/.test(url))).toBe(true);
    expect([...methods]).toEqual(["GET "]);
    expect(problems).toEqual([]);
    await close();
  });

  test("a file that cannot be read is said to be so in one sentence, and so are two of different size", async () => {
    const {page, problems, close} = await openPage(browser, "try-it?what=pair");
    const inputs = page.locator('input[type="file"]');
    const give = (i: number, name: string, data: Uint8Array) =>
      inputs.nth(i).setInputFiles({name, mimeType: "application/octet-stream", buffer: Buffer.from(data)});
    await give(0, "x.png", Buffer.from("no image"));
    await expect
      .poll(() => statusOf(page))
      .toBe("x.png is not a file that can be read; PNG, JPEG, TIFF, NumPy, DICOM, NIfTI, MGH, NRRD and MetaImage are.");
    await give(0, "empty.nii", new Uint8Array());
    await expect.poll(() => statusOf(page)).toBe("empty.nii is empty.");
    const png = (side: number) => encodePng8({data: new Float32Array(side * side), width: side, height: side});
    await give(0, "cut.png", png(32).slice(0, 60));
    await expect.poll(() => statusOf(page)).toMatch(/^cut\.png is not a readable PNG: .*cut short\.$/);
    await give(0, "16.png", png(16));
    await give(1, "24.png", png(24));
    await expect
      .poll(() => page.locator(".status").allTextContents())
      .toContain("The two must have one size: 16.png has 16×16 pixels and 24.png 24×24.");
    expect(problems).toEqual([]);
    await close();
  });

  test("a file can be dropped", async () => {
    const {page, problems, close} = await openPage(browser, "try-it?what=pair");
    const png = [...encodePng8(noise("dropped", 40))];
    await page.evaluate((bytes) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(bytes)], "dropped.png", {type: "image/png"}));
      document.querySelector(".drop")!.dispatchEvent(new DragEvent("drop", {dataTransfer: transfer, bubbles: true}));
    }, png);
    await expect.poll(() => statusOf(page)).toBe("dropped.png, 40×40");
    expect(problems).toEqual([]);
    await close();
  });

  test("the small autoencoder runs in the page and gives what the loaders got", async (context) => {
    const index = siteIndex();
    const arm = index.arms.find(({weights}) => weights?.browser);
    if (arm === undefined) return context.skip("this build has no autoencoder that is small enough");
    const row = measuresOf(index.images[0].id, index).find((one) => one.arm === arm.id && one.measure === "psnr")!;
    const {page, problems, close} = await openPage(browser, "try-it");
    await page.getByText("Take one of this site").click();
    await page.waitForSelector("#try-measures", {timeout: 55_000});
    const shown = /PSNR([\d.]+) dB/.exec((await page.locator("#try-measures").textContent())!)!;
    // the page starts from 8-bit pixels
    expect(Math.abs(Number(shown[1]) - row.value)).toBeLessThan(0.05);
    expect(problems).toEqual([]);
    await close();
  });

  test("the page says that nothing leaves the machine", async () => {
    const {page, close} = await openPage(browser, "try-it");
    expect(await page.locator("main .lede").textContent()).toContain("Nothing leaves this machine");
    await close();
  });

  describe.skipIf(!hasShared)("of medical images", () => {
    const path = (name: string) => join(shared("formats"), name);

    test("a DICOM image is shown in its own window, and in another when the sliders are moved", async () => {
      const name = "dicom/CT_small.dcm";
      const volume = await readVolume(path(name));
      const {page, problems, close} = await openPage(browser, "try-it?what=pair");
      await page.locator('input[type="file"]').first().setInputFiles(path(name));
      await expect.poll(() => statusOf(page)).toMatch(/^CT_small\.dcm, 128×128 \(/);
      expect(await page.locator(".volume").textContent()).toContain("DICOM (CT), 128×128 pixels");
      const grey = page.getByLabel("Grey values");
      await grey.selectOption({label: "set by hand"});
      await page.getByLabel("Window (width)").fill("200");
      await expect.poll(() => statusOf(page)).toContain("window ");
      expect(await statusOf(page)).toContain("level ");
      expect(volume.shape[2]).toBe(1);
      expect(await page.getByLabel("Slice").isVisible()).toBe(false);
      expect(problems).toEqual([]);
      await close();
    });

    test("a slice of a NIfTI volume is chosen, and measured as in Node", async () => {
      const name = "nifti/avf_float_32.nii.gz";
      const file = existsSync(path(name))
        ? path(name)
        : [...walk(path("nifti"))].find((one) => /\.nii(\.gz)?$/.test(one))!;
      const {page, problems, close} = await openPage(browser, "try-it?what=pair");
      const inputs = page.locator('input[type="file"]');
      await inputs.nth(0).setInputFiles(file);
      await inputs.nth(1).setInputFiles(file);
      await expect.poll(() => statusOf(page, 1), {timeout: 30_000}).toMatch(/slice \d+ of \d+/);
      const slider = page.locator(".volume").nth(1).getByLabel("Slice");
      const before = (await statusOf(page, 1))!;
      await slider.focus();
      await page.keyboard.press("ArrowRight");
      await expect.poll(() => statusOf(page, 1), {timeout: 20_000}).not.toBe(before);
      const places = await Promise.all([0, 1].map((i) => statusOf(page, i)));
      const numbers = places.map((text) => Number(/slice (\d+) of/.exec(text!)![1]) - 1);
      expect(numbers[1]).toBe(numbers[0] + 1);
      const volume = await readMedical(file);
      const [hr, output] = numbers.map((index) =>
        toUnitRange(slice(volume, volume.sliceAxis, index), {percentile: [1, 99.5]}, {volume, nan: 0})
      );
      const {psnr} = measureImage(hr, output);
      await expect
        .poll(
          async () =>
            (await page.locator("#try-measures").count()) > 0 && (await page.locator("#try-measures").textContent())
        )
        .toContain(`${psnr.toFixed(2)} dB`);
      expect(problems).toEqual([]);
      await close();
    });

    test("every kind of file that the command line reads can be opened, to the same pixels", async () => {
      const names = [
        "dicom/MR_small_RLE.dcm",
        "dicom/MR_small_jp2klossless.dcm",
        "dicom/MR_small_jpeg_ls_lossless.dcm",
        "dicom/CT0012.fragmented_no_bot_jpeg_lossless.57.dcm",
        "dicom/JPGExtended.dcm",
        "dicom/SC_rgb_jpeg_dcmtk.dcm"
      ].filter((name) => existsSync(path(name)));
      const tiff = [...walk(path("tiff"))].find((one) => /\.tiff?$/.test(one));
      for (const file of [...names.map(path), ...(tiff ? [tiff] : [])]) {
        // beside it the picture that Node makes of it, in 16 bits
        const volume = await readMedical(file);
        const facts = volumeFacts(volume);
        const [{axis, slices}] = facts.cuts;
        const windowing = windowings(facts)[0].windowing!;
        const single = facts.format === "tiff" && slices === 1;
        const plane = single
          ? await decodeImage(readFileSync(file), file)
          : volumePlane(volume, {axis, index: Math.floor((slices - 1) / 2), frame: 0, windowing});
        const {page, problems, close} = await openPage(browser, "try-it?what=pair");
        const inputs = page.locator('input[type="file"]');
        await inputs.nth(0).setInputFiles(file);
        const own = file.split("/").at(-1)!;
        await expect.poll(() => statusOf(page), {message: own, timeout: 20_000}).toContain(`${own}, `);
        const buffer = Buffer.from(encodePng16(plane));
        await inputs.nth(1).setInputFiles({name: "node.png", mimeType: "image/png", buffer});
        await page.waitForSelector("#try-measures", {timeout: 30_000});
        const [, psnr] = /PSNR([\d.∞]+) dB/.exec((await page.locator("#try-measures").textContent())!)!;
        expect(psnr === "∞" ? Infinity : Number(psnr), own).toBeGreaterThan(95);
        expect(problems).toEqual([]);
        await close();
      }
    }, 180_000);

    test("each malformed file gets one sentence with its name", async () => {
      const {page, problems, close} = await openPage(browser, "try-it?what=pair");
      const input = page.locator('input[type="file"]').first();
      for (const file of [...walk(path("malformed"))].slice(0, 12)) {
        const own = file.split("/").at(-1)!;
        await input.setInputFiles(file);
        await expect.poll(() => statusOf(page), {message: own, timeout: 20_000}).not.toMatch(/^Reading|^$/);
        const said = (await statusOf(page))!;
        expect(said, own).toContain(own);
        expect(said.split("\n").length, own).toBe(1);
        expect(said, own).not.toMatch(/undefined|TypeError|\[object/);
      }
      expect(problems).toEqual([]);
      await close();
    });
  });
});
