import {group} from "d3";
import type {Browser} from "playwright-core";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {hasBrowser, openBrowser, openPage, picture, readDownload} from "./support.js";

const hrBand = ".viewer.bands .panel:nth-child(1) canvas";

describe.skipIf(!hasBrowser)("Bands", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  test("pointing at a band in a chart shows that band of the image, everywhere", async () => {
    const {page, problems, close} = await openPage(browser, "bands?band=HH1");
    const before = await picture(page, hrBand);
    await page.locator('rect.band-row[data-band="HL2"]').first().hover();
    await page.waitForFunction(() => document.querySelector<HTMLElement>(".viewer.bands")?.dataset.band === "HL2");
    expect(await picture(page, hrBand)).not.toEqual(before);
    expect(await page.locator('.pyramid [aria-checked="true"]').textContent()).toBe("HL2");
    // every chart of bands marks it
    const marked = page.locator('rect.band-row[aria-checked="true"]');
    const bands = await marked.evaluateAll((rows) => rows.map((row) => row.getAttribute("data-band")));
    expect(new Set(bands)).toEqual(new Set(["HL2"]));
    expect(new URL(page.url()).searchParams.get("band")).toBe("HL2");
    const segment = page.locator('[data-band="HL1"][role="img"]').first();
    await segment.hover();
    await page.waitForFunction(() => document.querySelector<HTMLElement>(".viewer.bands")?.dataset.band === "HL1");
    expect(problems).toEqual([]);
    await close();
  });

  test("a link restores image, arm, band, arms, mixture and the way the error is shown", async () => {
    const first = await openPage(browser, "bands");
    const last = (list: string[]) => list.at(-1)!;
    const image = last(
      await first.page.locator(".picker .strip button").evaluateAll((all) => all.map((one) => one.ariaLabel!))
    );
    const arms = await first.page
      .locator("label.choice", {hasText: "Output of"})
      .first()
      .locator("option")
      .evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value));
    await first.close();
    const query = `image=${image}&arm=${arms[0]}&band=LH2&arms=${arms[0]},${last(arms)}&budget=relative&mix=1010101010`;
    const {page, problems, close} = await openPage(browser, `bands?${query}`);
    expect(await page.locator('.picker [aria-checked="true"]').getAttribute("aria-label")).toBe(image);
    expect(await page.locator("label.choice", {hasText: "Output of"}).first().locator("select").inputValue()).toBe(
      arms[0]
    );
    expect(await page.locator('.pyramid [aria-checked="true"]').textContent()).toBe("LH2");
    expect(await page.locator(".arm-choice :checked").count()).toBe(2);
    expect(await page.locator('.segmented input[value="relative"]').isChecked()).toBe(true);
    expect(await page.locator('.mixer [aria-pressed="true"]').count()).toBe(5);
    const now = new URL(page.url()).searchParams;
    for (const [name, value] of new URLSearchParams(query)) expect(now.get(name), name).toBe(value);
    expect(problems).toEqual([]);
    await close();
  });

  test("the switch of conventions says which of the charts has a band's number", async () => {
    const {page, problems, close} = await openPage(browser, "bands");
    const said = () => page.locator("#flavour").textContent();
    expect(await said()).toContain("as long as the band’s mean squared error");
    // the note follows the control beside it
    await page.locator('.segmented:has(input[value="relative"]) label', {hasText: "share"}).click();
    await expect.poll(said).toContain("as long as the band’s share of the squared error");
    await page.locator("#convention").getByText("as published").click();
    await expect.poll(said).toContain("PSNR against its own peak");
    expect(problems).toEqual([]);
    await close();
  });

  test("without a choice in the address the vertical edges of level 2 are shown, and what their signs mean", async () => {
    const {page, problems, close} = await openPage(browser, "bands");
    expect(await page.locator('.pyramid [aria-checked="true"]').textContent()).toBe("HL2");
    await expect
      .poll(() => page.locator(".viewer.bands .chosen").textContent())
      .toContain("A cell is 4×4 pixels: warm where the left half is brighter than the right");
    expect(problems).toEqual([]);
    await close();
  });

  test("the keyboard reaches every band", async () => {
    const {page, close} = await openPage(browser, "bands?band=LL3");
    await page.locator('.pyramid [aria-checked="true"]').focus();
    const seen = new Set<string>();
    for (let i = 0; i < 10; i++) {
      seen.add((await page.locator(".viewer.bands").getAttribute("data-band"))!);
      await page.keyboard.press("ArrowRight");
      await page.waitForTimeout(50);
    }
    expect(seen.size).toBe(10);
    await close();
  });

  test("the parts of each bar add up to the mean squared error of its arm", async () => {
    const {page, close} = await openPage(browser, "bands?budget=relative");
    const labels = await page
      .locator('[data-band][role="img"]')
      .evaluateAll((nodes) => nodes.map((n) => n.getAttribute("aria-label")!));
    const byArm = group(labels, (label) => label.split(",")[0]);
    expect(byArm.size).toBeGreaterThan(0);
    for (const parts of byArm.values()) {
      const total = parts.reduce((sum, part) => sum + Number(/: ([\d.]+) %/.exec(part)![1]), 0);
      expect(total).toBeGreaterThan(99.4);
      expect(total).toBeLessThan(100.6);
    }
    await close();
  });

  test("the numbers behind a chart can be seen and saved", async () => {
    const {page, close} = await openPage(browser, "bands");
    const details = page.locator("details.behind").first();
    await details.locator("summary").click();
    // the table is made when the details open, which the browser says a moment after the click
    await details.locator("tbody tr").nth(9).waitFor();
    const [csv] = await Promise.all([page.waitForEvent("download"), details.getByText("Save CSV").click()]);
    expect(csv.suggestedFilename()).toMatch(/^band-budget-\w+\.csv$/);
    const [svg] = await Promise.all([page.waitForEvent("download"), details.getByText("Save SVG").click()]);
    expect(svg.suggestedFilename()).toMatch(/\.svg$/);
    await close();
  });

  test("a saved chart has the legend's keys as the page draws them", async () => {
    const {page, close} = await openPage(browser, "bands");
    const figure = page.locator("figure.chart", {has: page.locator(".swatches .dot.line.hollow")}).first();
    const [lines, hollow] = await Promise.all(
      [".item .dot.line", ".item .dot.line.hollow"].map((keys) => figure.locator(keys).count())
    );
    const details = figure.locator("details.behind");
    await details.locator("summary").click();
    const [file] = await Promise.all([page.waitForEvent("download"), details.getByText("Save SVG").click()]);
    const keys = (await readDownload(file)).match(/<path d="M[\d.]+,[\d.]+h12"[^>]*>/g) ?? [];
    expect(keys).toHaveLength(lines);
    expect(keys.filter((key) => key.includes("stroke-dasharray"))).toHaveLength(hollow);
    expect(hollow).toBeGreaterThan(0);
    expect(lines).toBeGreaterThan(hollow);
    await close();
  });

  test("the mixer changes picture, PSNR and address at once", async () => {
    const {page, problems, close} = await openPage(browser, "bands?mix=1111111111");
    const canvas = ".viewer.mix .panel:nth-child(2) canvas";
    const before = await picture(page, canvas);
    const number = async () => Number(/([\d.]+) dB/.exec((await page.locator(".mix-result").textContent())!)![1]);
    const start = await number();
    await page.locator('.mixer button[aria-label*="HL2"]').click();
    expect(await number()).toBeGreaterThan(start);
    expect(await picture(page, canvas)).not.toEqual(before);
    expect(new URL(page.url()).searchParams.get("mix")).toBe("1111101111");
    await page.getByText("All from HR").click();
    expect(await page.locator(".mix-result").textContent()).toContain("it is HR");
    const times = await page.evaluate(() => {
      const button = document.querySelector<HTMLButtonElement>(".mixer button")!;
      return Array.from({length: 40}, () => {
        const started = performance.now();
        button.click();
        return performance.now() - started;
      });
    });
    times.sort((a, b) => a - b);
    process.stderr.write(`band mixer: 95th percentile ${times[37].toFixed(1)} ms a change\n`);
    expect(times[20]).toBeLessThan(100); // not a timing test: that it is not seconds
    expect(problems).toEqual([]);
    await close();
  });
});
