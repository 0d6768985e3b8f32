import {describe, expect, test} from "vitest";
import {studySite} from "./study-site.js";
import {hasBrowser} from "./support.js";

describe.skipIf(!hasBrowser)("Screening", () => {
  const site = studySite();

  test("a typed PSNR gives the prediction of the published line, with its interval", async () => {
    const {page, problems, close} = await site.open("screening");
    const field = page.locator(".number-field input");
    await field.fill("30");
    const row = page.locator('tr[data-predictor="published"]');
    // slope and intercept as the study's script prints them
    expect(Number(await row.locator("[data-fit]").getAttribute("data-fit"))).toBeCloseTo(14.2302 + 0.3506 * 30, 2);
    expect(await row.locator("td").nth(1).textContent()).toMatch(/^[\d.]+ to [\d.]+$/);
    expect(new URL(page.url()).searchParams.get("at")).toBe("30");
    await field.fill("12");
    expect(await row.textContent()).toContain("an extrapolation");
    await field.fill("");
    expect(await page.locator(".answer").textContent()).toContain("Type a PSNR");
    expect(problems).toEqual([]);
    await close();
  });

  test("the published R² is that of the published points", async () => {
    const {page, problems, close} = await site.open("screening");
    expect(await page.locator('tr[data-fit="published-pooled"] td').nth(1).textContent()).toBe("0.665");
    // with the three datasets' levels taken away: a partial correlation's interval
    expect(await page.locator('tr[data-fit="published-centred"] td').nth(3).textContent()).toBe("+0.24 to +1.00");
    expect(await page.locator("figure.chart .swatches").first().textContent()).toContain("published: self-referential");
    expect(await page.locator(".no-study").count()).toBe(site.study ? 0 : 1);
    expect(problems).toEqual([]);
    await close();
  });

  test("a point hands its ceiling to the prediction, and a link restores it", async () => {
    const {page, problems, close} = await site.open("screening?points=published");
    const point = page.locator(".ceiling-points path").first();
    await point.waitFor();
    const ceiling = /ceiling ([\d.]+) dB/.exec((await point.getAttribute("aria-label"))!)![1];
    await point.click({force: true});
    expect(Number(await page.locator(".number-field input").inputValue())).toBeCloseTo(Number(ceiling), 2);
    const url = page.url();
    await close();
    const again = await site.openAgain(url);
    expect(Number(await again.page.locator(".number-field input").inputValue())).toBeCloseTo(Number(ceiling), 2);
    expect([...problems, ...again.problems]).toEqual([]);
    await again.close();
  });

  test("pooled, within and leave-one-out stand beside each other", async ({skip}) => {
    if (!site.study) skip();
    const {page, close} = await site.open("screening");
    const labels = await page.locator("#fits tr[data-fit] th").allTextContents();
    expect(labels).toContain("all points pooled");
    expect(labels).toContain("levels of the datasets taken away");
    expect(labels.filter((text) => text.startsWith("within ")).length).toBeGreaterThan(1);
    expect(await page.getByText("Leave one dataset out").count()).toBeGreaterThan(0);
    // the points drawn are those behind the chart
    const details = page.locator("figure.chart details.behind").first();
    await details.locator("summary").click();
    await details.locator("tbody tr").first().waitFor();
    expect(await details.locator("tbody tr").count()).toBe(await page.locator(".ceiling-points path").count());
    await close();
  });
});
