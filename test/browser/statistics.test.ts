import type {Page} from "playwright-core";
import {describe, expect, test} from "vitest";
import {studySite} from "./study-site.js";
import {hasBrowser} from "./support.js";

const dots = ".swarm-points circle";
/** A cell of the table of statistics. */
const cell = (page: Page, statistic: string, set = "pooled") =>
  page.locator(`#statistics tr[data-statistic="${statistic}"] td[data-set="${set}"]`);

describe.skipIf(!hasBrowser)("Statistics", () => {
  const site = studySite();

  test("without a study the page says how to get one, with it it draws", async () => {
    const {page, problems, close} = await site.open("statistics");
    expect(await page.locator(".no-study").count()).toBe(site.study ? 0 : 1);
    if (site.study) await page.locator(dots).first().waitFor();
    expect(problems).toEqual([]);
    await close();
  });

  test("a dot opens its image in all arms, and the link brings it back", async ({skip}) => {
    if (!site.study) skip();
    const {page, problems, close} = await site.open("statistics");
    await page.locator(dots).nth(3).click({force: true});
    const panel = page.locator(".image-panel");
    await panel.waitFor();
    const image = (await panel.getAttribute("data-image"))!;
    expect(new URL(page.url()).searchParams.get("image")).toBe(image);
    const shown = await page.locator(dots).nth(3).getAttribute("data-point");
    expect(shown!.endsWith(` ${image}`)).toBe(true);
    // its difference in the chart is the difference of the two marked arms in the panel
    const difference = Number(
      /B − A ([+−\d.]+)/.exec((await page.locator(dots).nth(3).getAttribute("aria-label"))!)![1].replace("−", "-")
    );
    const value = async (badge: string) =>
      Number(
        await panel.locator(`tr:has(.badge:text-is("${badge}")) td[data-measure="psnr"] button`).first().textContent()
      );
    expect((await value("B")) - (await value("A"))).toBeCloseTo(difference, 1);
    const url = page.url();
    await close();
    const again = await site.openAgain(url);
    await again.page.locator(".image-panel").waitFor();
    expect(await again.page.locator(".image-panel").getAttribute("data-image")).toBe(image);
    expect(await again.page.locator(`${dots}[aria-checked="true"]`).count()).toBe(1);
    expect([...problems, ...again.problems]).toEqual([]);
    await again.close();
  });

  test("the arrow keys go through the dots, and Enter opens one", async ({skip}) => {
    if (!site.study) skip();
    const {page, close} = await site.open("statistics");
    await page.locator(dots).first().waitFor();
    await page.locator(`${dots}[tabindex="0"]`).first().focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    const point = await page.evaluate(() => document.activeElement!.getAttribute("data-point"));
    expect(await page.locator("#provenance").isVisible()).toBe(true);
    await page.keyboard.press("Enter");
    await page.locator(".image-panel").waitFor();
    expect(point!.endsWith((await page.locator(".image-panel").getAttribute("data-image"))!)).toBe(true);
    await close();
  });

  test("image, patient and cluster change what is counted", async ({skip}) => {
    if (!site.study) skip();
    const {page, problems, close} = await site.open("statistics?level=image");
    await cell(page, "n").waitFor();
    const images = Number(await cell(page, "n").textContent());
    const patients = Number(await cell(page, "patients").textContent());
    expect(await cell(page, "icc").count()).toBe(0);
    expect(patients).toBeLessThan(images);
    await page.getByText("cluster", {exact: true}).click();
    await page.waitForFunction(() => new URLSearchParams(location.search).get("level") === "cluster");
    // patients are resampled whole: the table says how alike their images are (few have two here, so the interval hardly moves)
    await expect.poll(() => cell(page, "icc").count()).toBe(1);
    // the mean over images is the same
    expect(await cell(page, "n").textContent()).toBe(String(images));
    await page.getByText("patient", {exact: true}).click();
    await page.waitForFunction(() => new URLSearchParams(location.search).get("level") === null);
    expect(problems).toEqual([]);
    await close();
  });

  test("the table’s numbers are those behind the forest plot", async ({skip}) => {
    if (!site.study) skip();
    const {page, close} = await site.open("statistics");
    await cell(page, "difference").waitFor();
    const table = await page
      .locator('#statistics tr[data-statistic="difference"] td')
      .allTextContents()
      .then((texts) => texts.map((text) => Number(text.replace("−", "-"))));
    const forest = page.locator('figure.chart:has(h3:text("dataset by dataset"))');
    await forest.locator("details.behind summary").click();
    await forest.locator("details.behind tbody tr").first().waitFor();
    const behind = await forest
      .locator("details.behind tbody tr")
      .evaluateAll((rows) => rows.map((row) => Number(row.children[3].textContent)));
    expect(behind).toHaveLength(table.length);
    behind.forEach((value, i) => {
      expect(value).toBeCloseTo(table[i], 2);
    });
    await close();
  });

  test("the convention changes the measure and all numbers with it", async ({skip}) => {
    if (!site.study) skip();
    const {page, problems, close} = await site.open("statistics");
    await cell(page, "mean-a").waitFor();
    const before = await cell(page, "mean-a").textContent();
    await page.getByText("as published", {exact: true}).click();
    await expect.poll(() => cell(page, "mean-a").textContent()).not.toBe(before);
    expect(await page.locator("h3").allTextContents()).toContain("Self-referential PSNR, B − A: statistics by name");
    // the study counted images
    expect(await page.locator('.segmented:has(legend:text("One observation")) input:checked').inputValue()).toBe(
      "image"
    );
    expect(problems).toEqual([]);
    await close();
  });

  test("a rate has Cohen’s h and TOST by their names", async ({skip}) => {
    if (!site.study) skip();
    const {page, problems, close} = await site.open("statistics?measure=rate");
    await cell(page, "h").waitFor();
    const names = await page.locator("#statistics th[scope=row]").allTextContents();
    for (const name of ["Cohen’s d", "Cohen’s d_z", "Cohen’s h", "Wilcoxon signed-rank p", "Equivalent within"]) {
      expect(names.some((text) => text.startsWith(name))).toBe(true);
    }
    expect(problems).toEqual([]);
    await close();
  });

  test("numbers say where they come from", async ({skip}) => {
    if (!site.study) skip();
    const {page, close} = await site.open("statistics");
    await cell(page, "dz").waitFor();
    await cell(page, "dz").locator("button").focus();
    const facts = await page.locator("#provenance dt").allTextContents();
    for (const name of ["statistic", "study", "arms", "data", "n", "seeds", "weights", "engine", "computed"]) {
      expect(facts).toContain(name);
    }
    await close();
  });
});
