import {readFileSync} from "node:fs";
import {csvParse} from "d3-dsv";
import type {Browser, Page} from "playwright-core";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {hasBrowser, openBrowser, openPage} from "./support.js";

const heading = (page: Page) => page.locator(".lesson-step h2").textContent();
const result = (page: Page) => page.locator(".lesson-result");

describe.skipIf(!hasBrowser)("Learn", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  test("nothing is revealed before a prediction, and the prediction is kept", async () => {
    const {page, problems, close} = await openPage(browser, "learn");
    const show = page.getByText("Show what is true");
    expect(await show.isDisabled()).toBe(true);
    expect(await result(page).textContent()).toBe("");
    await page.getByLabel("Share of the contrast in fine detail").fill("30");
    await show.click();
    await expect.poll(() => result(page).textContent()).toContain("You said 30 %");
    expect(new URL(page.url()).searchParams.get("a1")).toBe("30");
    expect(await page.getByLabel("Share of the contrast in fine detail").isDisabled()).toBe(true);
    const words = (await result(page).textContent())!;
    const truth = Number(/^([\d.]+) %/.exec(words)![1]);
    const off = Number(/: ([\d.]+) percentage points off/.exec(words)![1]);
    expect(Math.abs(Math.abs(truth - 30) - off)).toBeLessThan(0.1);
    expect(problems).toEqual([]);
    await close();
  });

  test("the whole lesson can be taken by keyboard alone, and ends with what was predicted", async () => {
    const {page, problems, close} = await openPage(browser, "learn");
    const reveal = async () => {
      await page.locator("button.show").focus();
      await page.keyboard.press("Enter");
      await expect.poll(() => result(page).locator("p").count()).toBeGreaterThan(0);
    };
    const next = async () => {
      await page.locator(".lesson-foot .next").focus();
      await page.keyboard.press("Enter");
    };
    await page.locator(".guess.slider input").focus();
    for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowLeft");
    await reveal();
    await next();
    await expect.poll(() => heading(page)).toContain("2. What an autoencoder drops");
    await page.locator(".guess.bars input").nth(3).focus();
    await page.keyboard.press("End");
    await reveal();
    await next();
    await page.locator("fieldset.guess input[type=radio]").first().focus();
    await page.keyboard.press("Space");
    await reveal();
    expect(await result(page).textContent()).toContain("Not at all.");
    await next();
    await page.locator(".guess.slider input").focus();
    await page.keyboard.press("ArrowRight");
    await reveal();
    await next();
    await page.locator(".guess.slider input").focus();
    await page.keyboard.press("ArrowRight");
    await reveal();
    await page.waitForSelector("#lesson-summary");
    const rows = await page.locator("#lesson-summary tbody tr").allTextContents();
    expect(rows.length).toBe(5);
    expect(rows[4]).toContain("−0.03 dB");
    const [csv] = await Promise.all([
      page.waitForEvent("download"),
      page.locator(".lesson-result").getByText("Save CSV").click()
    ]);
    expect(csvParse(readFileSync((await csv.path())!, "utf8")).length).toBe(5);
    expect(problems).toEqual([]);
    await close();
  });

  test("a link restores step, picture and answers", async () => {
    const {page, close} = await openPage(browser, "learn?step=4&a4=20&a1=12");
    expect(await heading(page)).toContain("4. What PSNR hides");
    expect(await result(page).textContent()).toContain("You said 20 dB");
    expect(await page.locator(".lesson-steps [data-done]").count()).toBe(2);
    const other = await page.locator("label.choice select option").nth(1).getAttribute("value");
    await page.locator("label.choice select").selectOption(other!);
    await expect.poll(() => new URL(page.url()).searchParams.get("image")).toBe(other);
    expect(new URL(page.url()).searchParams.get("a4")).toBe("20");
    expect(await heading(page)).toContain("4. What PSNR hides");
    await close();
  });

  test("taking bands away changes the picture", async () => {
    const {page, close} = await openPage(browser, "learn");
    const pixels = () =>
      page.locator(".lesson-material canvas").evaluate((node) => {
        const canvas = node as HTMLCanvasElement;
        return [
          ...canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height).data.slice(0, 40_000)
        ].join();
      });
    const before = await pixels();
    await page.locator("fieldset.guess label", {hasText: "fine detail"}).click();
    expect(await pixels()).not.toBe(before);
    await close();
  });
});
