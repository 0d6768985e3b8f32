import type {Browser} from "playwright-core";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {hasBrowser, openBrowser, openPage} from "./support.js";

describe.skipIf(!hasBrowser)("Audit", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  test("pairing by position in a list of text changes the verdict", async () => {
    const {page, problems, close} = await openPage(browser, "audit");
    await page.locator(".colour-key").waitFor();
    const before = await page.locator("#verdict").textContent();
    await page.getByText("as text: by position in a list").click();
    await expect.poll(() => page.locator("#verdict").textContent()).not.toBe(before);
    expect(new URL(page.url()).searchParams.get("pairs")).toBe("mispaired");
    expect(problems).toEqual([]);
    await close();
  });

  test("a larger p makes more of the published numbers impossible", async () => {
    const {page, close} = await openPage(browser, "audit?p=0.3");
    const impossible = () => page.locator("#parseval tbody tr", {hasText: "impossible"}).count();
    const few = await impossible();
    await page.locator('input[type="range"]').fill("1");
    await expect.poll(impossible).toBeGreaterThan(few);
    expect(new URL(page.url()).searchParams.get("p")).toBe("1");
    // every row says for which p it would be possible, and those beyond all of the site's p say so
    const limits = await page
      .locator("#parseval tbody tr")
      .evaluateAll((rows) => rows.map((row) => [row.children[6].textContent!, row.getAttribute("data-within")!]));
    for (const [limit] of limits) expect(limit).toMatch(/^(any|[01]\.\d\d)$/);
    expect(limits.filter(([, within]) => within === "impossible").length).toBeGreaterThan(0);
    await close();
  });

  test("the bound holds for any two images, and its steps follow the choice", async () => {
    const {page, problems, close} = await openPage(browser, "audit");
    await page.waitForSelector("#parseval-worked");
    const step = async (name: string) =>
      Number.parseFloat(
        (await page.locator(`#parseval-worked [data-step="${name}"] td.number`).textContent())!.replace("−", "-")
      );
    const check = async () => {
      expect(Math.abs((await step("sse")) - (await step("bands")))).toBeLessThan(0.002);
      expect(await step("ll")).toBeLessThanOrEqual(await step("sse"));
      expect(await step("llpsnr")).toBeGreaterThanOrEqual((await step("bound")) - 0.02);
      expect(Math.abs((await step("psnr")) + 20 * Math.log10(await step("p")) - (await step("bound")))).toBeLessThan(
        0.02
      );
    };
    await check();
    const before = await step("psnr");
    const other = await page.getByLabel("with the output of").locator("option").nth(3).getAttribute("value");
    await page.getByLabel("with the output of").selectOption(other!);
    await expect.poll(() => step("psnr")).toBeLessThan(before);
    await check();
    expect(new URL(page.url()).searchParams.get("of")).toBe(other);
    expect(problems).toEqual([]);
    await close();
  });
});
