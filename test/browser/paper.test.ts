import {readFileSync} from "node:fs";
import {join} from "node:path";
import {csvParse} from "d3-dsv";
import type {Browser, Page} from "playwright-core";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {dist, walk} from "../../scripts/paths.js";
import type {Overview, Published} from "../../src/components/site-data.js";
import {hasBrowser, openBrowser, openPage} from "./support.js";

function siteJson<T>(name: string): T {
  const pattern = new RegExp(`/${name}\\.\\w+\\.json$`);
  return JSON.parse(readFileSync([...walk(join(dist, "_file/data"))].find((path) => pattern.test(path))!, "utf8")) as T;
}

const choice = (page: Page, label: string) => page.locator("label.choice", {hasText: label}).locator("select").first();

describe.skipIf(!hasBrowser)("Paper and us", () => {
  let browser: Browser;
  let published: Published;
  beforeAll(async () => {
    browser = await openBrowser();
    published = siteJson<Published>("published");
  });
  afterAll(() => browser?.close());

  test("every published number stands on the page as it was read", async () => {
    const {page, problems, close} = await openPage(browser, "paper");
    const rows = await page.locator("#paper tbody tr").evaluateAll((nodes) =>
      nodes.map((row) => ({
        source: row.getAttribute("data-source"),
        measure: row.getAttribute("data-measure"),
        dataset: row.getAttribute("data-dataset"),
        value: Number(
          row.querySelectorAll("td")[1].querySelector("button")!.textContent!.split(" ")[0].replace("−", "-")
        )
      }))
    );
    expect(rows.length).toBe(published.values.length);
    published.values.forEach((row, i) => {
      expect([rows[i].source, rows[i].measure]).toEqual([row.source, row.measure]);
      const digits =
        row.measure === "bland_altman_bias" ? 5 : row.unit === "share of pixels" || row.measure === "lpips" ? 4 : 2;
      expect(Math.abs(rows[i].value - row.value), JSON.stringify(row)).toBeLessThanOrEqual(0.50001 * 10 ** -digits);
    });
    expect(problems).toEqual([]);
    await close();
  });

  test("our number for bicubic or an autoencoder alone is that of the site's own table", async () => {
    const overview = siteJson<Overview>("overview");
    const own = overview.ours.find(({arm, anatomy}) => arm === "bicubic" && anatomy === "knee")!;
    const {page, close} = await openPage(browser, "paper?measure=psnr&dataset=mrnet");
    const row = page.locator('#paper tr[data-arm="bicubic"]');
    const studies = siteJson<readonly unknown[]>("studies");
    // with a study, bicubic is the study's
    if (studies.length === 0) expect(await row.locator("td").nth(3).textContent()).toContain(own.mean.toFixed(2));
    else expect(await row.locator("td").nth(3).textContent()).toMatch(/^\d+\.\d\d/);
    await close();
  });

  test("filters leave what they name, stand in the address, and a link restores them", async () => {
    const {page, problems, close} = await openPage(browser, "paper");
    await choice(page, "Claim").selectOption("4");
    await choice(page, "Dataset").selectOption("brats");
    const expected = published.values.filter(
      ({dataset, measure}) => dataset === "brats" && /^(hallucination|loss)_rate$/.test(measure)
    );
    await expect.poll(() => page.locator("#paper tbody tr").count()).toBe(expected.length);
    const {searchParams} = new URL(page.url());
    expect([searchParams.get("claim"), searchParams.get("dataset")]).toEqual(["4", "brats"]);
    const again = await openPage(browser, `paper${new URL(page.url()).search}`);
    expect(await again.page.locator("#paper tbody tr").count()).toBe(expected.length);
    // their source compares images of different patients, and the page says so
    expect(await again.page.locator("#paper tbody .mispaired").count()).toBe(expected.length);
    await again.close();
    expect(problems).toEqual([]);
    await close();
  });

  test("what is saved is what is shown: CSV and LaTeX", async () => {
    const {page, close} = await openPage(browser, "paper?measure=psnr_gap");
    const shown = await page.locator("#paper tbody tr").count();
    expect(shown).toBe(6);
    const buttons = page.locator("#paper .export");
    const [csv] = await Promise.all([page.waitForEvent("download"), buttons.getByText("Save CSV").click()]);
    const rows = csvParse(readFileSync((await csv.path())!, "utf8"));
    const gaps = published.values.filter(({measure}) => measure === "psnr_gap");
    expect(rows.map(({published: value}) => Number(value))).toEqual(gaps.map(({value}) => value));
    const [latex] = await Promise.all([page.waitForEvent("download"), buttons.getByText("Save LaTeX").click()]);
    const text = readFileSync((await latex.path())!, "utf8");
    expect(text).toContain("\\toprule");
    expect(text.match(/PSNR gain &/g)?.length).toBe(6);
    await close();
  });

  test("each claim has a card, and its link shows its numbers", async () => {
    const {page, problems, close} = await openPage(browser, "paper");
    await page.waitForSelector("#claim-6");
    expect(await page.locator("article.claim").count()).toBe(6);
    expect(await page.locator("#claim-1").textContent()).toContain("+2.91 dB");
    for (const text of await page.locator("article.claim .verdict").allTextContents()) {
      expect(text).toMatch(/^[A-Z][a-z ]+: .+\.$/);
    }
    for (const n of [2, 4]) expect(await page.locator(`#claim-${n} > .mispaired`).count()).toBe(1);
    await page.locator("#claim-5 a[data-claim]").click();
    await expect.poll(() => new URL(page.url()).searchParams.get("claim")).toBe("5");
    expect(problems).toEqual([]);
    await close();
  });

  test("a number tells where it was read, by keyboard too", async () => {
    const {page, close} = await openPage(browser, "paper?measure=psnr_gap");
    await page.locator("#paper tbody button.number").first().focus();
    await expect.poll(() => page.locator("#provenance").textContent()).toContain("figures/fig1.pdf");
    await close();
  });
});

describe.skipIf(!hasBrowser)("Home", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  test("the finding follows the convention, with the published numbers", async () => {
    const {page, problems, close} = await openPage(browser, "");
    const chart = page.locator("figure.chart").first();
    for (const number of ["+1.92", "+2.83", "+3.60"]) await expect.poll(() => chart.textContent()).toContain(number);
    await page.locator("#convention").getByText("as published").click();
    await expect.poll(() => chart.textContent()).toContain("+3.29");
    expect(await chart.textContent()).toContain("autoencoder’s own reconstruction");
    expect(await chart.textContent()).not.toContain("+3.60");
    expect(new URL(page.url()).searchParams.get("convention")).toBe("published");
    expect(problems).toEqual([]);
    await close();
  });

  test("every page of the map is there", async () => {
    const {page, close} = await openPage(browser, "");
    const links = await page
      .locator("ol.map a")
      .evaluateAll((nodes) => nodes.map((node) => (node as HTMLAnchorElement).href));
    expect(links.length).toBeGreaterThanOrEqual(12);
    for (const link of links) expect((await page.request.get(link)).status(), link).toBe(200);
    await close();
  });
});
