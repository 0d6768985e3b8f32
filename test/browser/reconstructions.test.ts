import type {Browser} from "playwright-core";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {hasBrowser, openBrowser, openPage, picture} from "./support.js";
import {measuresOf, siteIndex} from "./tables.js";

// side by side, each picture has a column, its error below
const hr = ".viewer .column:first-child .panel canvas";
const output = ".viewer .column:nth-child(2) .panel:first-child canvas";
const error = ".viewer .column:nth-child(2) .panel:last-child canvas";
const wiped = ".viewer .panels > .panel:first-child canvas";

describe.skipIf(!hasBrowser)("Reconstructions", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  test("the picker changes the image, its error, its numbers and the address", async () => {
    const {page, problems, close} = await openPage(browser, "reconstructions?mode=side");
    const before = [await picture(page, hr), await picture(page, error)];
    const number = page.locator('tr[data-arm="bicubic"] td[data-measure="psnr"] button');
    const text = await number.textContent();
    await page.locator(".picker .strip button").nth(2).click();
    await page.waitForFunction(
      (old) => document.querySelector('tr[data-arm="bicubic"] button')?.textContent !== old,
      text
    );
    const after = [await picture(page, hr), await picture(page, error)];
    expect(after[0]).not.toEqual(before[0]);
    expect(after[1]).not.toEqual(before[1]);
    const chosen = await page.locator('.picker [aria-checked="true"]').getAttribute("aria-label");
    expect(new URL(page.url()).searchParams.get("image")).toBe(chosen);
    expect(problems).toEqual([]);
    await close();
  });

  test("arrow keys go through the thumbnails", async () => {
    const {page, close} = await openPage(browser, "reconstructions");
    await page.locator('.picker [aria-checked="true"]').focus();
    const first = await page.locator('.picker [aria-checked="true"]').getAttribute("aria-label");
    await page.keyboard.press("ArrowRight");
    const second = await page.locator('.picker [aria-checked="true"]').getAttribute("aria-label");
    expect(second).not.toBe(first);
    expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe(second);
    await close();
  });

  test("the thumbnails stand in the order of the measure that they are sorted by", async () => {
    const {page, problems, close} = await openPage(browser, "reconstructions");
    const ids = () =>
      page
        .locator(".picker .strip button")
        .evaluateAll((tiles) => tiles.map((tile) => tile.getAttribute("aria-label")!));
    const before = await ids();
    await page.getByLabel("sorted by").selectOption("psnr");
    await page.locator(".picker select").nth(2).selectOption("bicubic");
    const psnr = (id: string) =>
      measuresOf(id).find(({arm, measure}) => arm === "bicubic" && measure === "psnr")?.value ?? Infinity;
    const expected = before.map((id) => [id, psnr(id)] as const).sort(([, a], [, b]) => a - b);
    await expect.poll(ids).toEqual(expected.map(([id]) => id));
    expect(new URL(page.url()).searchParams.get("sort")).toBe("psnr,bicubic,up");
    expect(problems).toEqual([]);
    await close();
  });

  test("the wipe moves by pointer and by keyboard and changes the picture", async () => {
    const {page, close} = await openPage(browser, "reconstructions?mode=wipe&wipe=0.5");
    const handle = page.locator(".viewer .handle");
    const before = await picture(page, wiped);
    const box = (await page.locator(".viewer .stage").first().boundingBox())!;
    await handle.hover();
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.9, box.y + box.height / 2, {steps: 5});
    await page.mouse.up();
    expect(Number(await handle.getAttribute("aria-valuenow"))).toBeGreaterThan(80);
    expect(await picture(page, wiped)).not.toEqual(before);
    await handle.focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => handle.getAttribute("aria-valuenow")).toBe("2");
    expect(new URL(page.url()).searchParams.get("wipe")).toBe("0.02");
    await close();
  });

  test("all panels zoom and pan together", async () => {
    const {page, close} = await openPage(browser, "reconstructions?mode=side");
    const panels = [hr, output, error];
    const before = await Promise.all(panels.map((panel) => picture(page, panel)));
    await page.locator(".viewer .panels").focus();
    await page.keyboard.press("+");
    await page.keyboard.press("Shift+ArrowRight");
    const after = await Promise.all(panels.map((panel) => picture(page, panel)));
    after.forEach((now, i) => {
      expect(now).not.toEqual(before[i]);
    });
    expect(new URL(page.url()).searchParams.get("view")).toMatch(/,1\.5$/);
    await page.keyboard.press("0");
    expect(new URL(page.url()).searchParams.get("view")).toBeNull();
    await close();
  });

  test("the marked pixel is read in every panel, and the difference is right", async () => {
    const {page, close} = await openPage(browser, "reconstructions?mode=side");
    await page.locator(".viewer .panels").focus();
    await page.keyboard.press("ArrowRight");
    const readings = page.locator(".viewer .reading");
    // a busy machine may still be loading the pictures: the mark is read as soon as they are there
    await expect.poll(() => readings.first().textContent(), {timeout: 10_000}).toMatch(/^\d\.\d{3}$/);
    const [a, b, c] = await readings.allTextContents();
    const difference = Number(c.replace("−", "-"));
    expect(difference).toBeCloseTo(Number(b) - Number(a), 2);
    await close();
  });

  test("a link restores image, arm, arrangement, part and scale", async () => {
    const image = siteIndex().images.at(-1)!.id;
    const query = `image=${image}&arms=hr,bicubic&mode=wipe&view=0.4,0.6,2&wipe=0.25&error=0.2`;
    const {page, close} = await openPage(browser, `reconstructions?${query}`);
    expect(await page.locator('.picker [aria-checked="true"]').getAttribute("aria-label")).toBe(image);
    expect(await page.locator(".viewer .segmented :checked").getAttribute("value")).toBe("wipe");
    expect(await page.locator(".viewer .handle").getAttribute("aria-valuenow")).toBe("25");
    expect(await page.locator(".viewer .bar").textContent()).toContain("2×");
    expect(await page.getByLabel("Error scale").inputValue()).toBe("0.2");
    const now = new URL(page.url()).searchParams;
    for (const [name, value] of new URLSearchParams(query)) expect(now.get(name)).toBe(value);
    await close();
  });

  test("the numbers on the page are the table's, and say where they come from", async () => {
    const {page, close} = await openPage(browser, "reconstructions");
    const image = await page.locator('.picker [aria-checked="true"]').getAttribute("aria-label");
    const own = measuresOf(image!);
    for (const [measure, digits] of [
      ["psnr", 2],
      ["ssim", 4],
      ["mae", 4]
    ] as const) {
      for (const {arm, value} of own.filter((row) => row.measure === measure)) {
        const shown = await page.locator(`tr[data-arm="${arm}"] td[data-measure="${measure}"] button`).textContent();
        expect(shown).toBe(value.toFixed(digits));
      }
    }
    await page.locator('tr[data-arm="bicubic"] td[data-measure="psnr"] button').focus();
    const facts = await page.locator("#provenance").textContent();
    for (const name of ["artefact", "engine", "computed", "n", "seed"]) expect(facts).toContain(name);
    await close();
  });
});
