import {describe, expect, test} from "vitest";
import {studySite} from "./study-site.js";
import {hasBrowser} from "./support.js";

describe.skipIf(!hasBrowser)("Geometry or domain?", () => {
  const site = studySite();

  test("the published steps stand there, study or not", async () => {
    const {page, problems, close} = await site.open("geometry");
    const domain = page.locator('#ladder-summary tr[data-question="domain-f4"] td[data-which="published"]');
    expect(await domain.nth(0).textContent()).toBe("+0.74 to +1.17 dB");
    expect(await domain.nth(1).textContent()).toBe("−0.03 to +0.14 dB");
    // both ends of the whole step are printed, as Home says
    const total = page.locator('#ladder-summary tr[data-question="total"] td[data-which="published"]');
    expect(await total.nth(0).textContent()).toBe("+3.93 to +6.48 dB");
    expect(await page.locator(".no-study").count()).toBe(site.study ? 0 : 1);
    expect(problems).toEqual([]);
    await close();
  });

  test("either way leads to the same total, and stands in the address", async () => {
    const {page, problems, close} = await site.open("geometry");
    await page.locator(".columns svg").first().waitFor();
    const text = () => page.locator(".columns figure").first().locator("svg").textContent();
    const before = (await text())!;
    expect(before).toContain("geometry: f8c4 → f4c3");
    await page.getByText("domain first, then resolution and capacity").click();
    await expect.poll(text).toContain("resolution: f8c4 → f4c1");
    expect(new URL(page.url()).searchParams.get("way")).toBe("by-resolution");
    await page.reload({waitUntil: "networkidle"});
    await expect.poll(text).toContain("resolution: f8c4 → f4c1");
    expect(problems).toEqual([]);
    await close();
  });

  test("the steps of both ways add up to the total, for each dataset", async ({skip}) => {
    if (!site.study) skip();
    const {page, close} = await site.open("geometry");
    const steps = await page.locator("#ladder tbody[data-step] tr[data-set]").evaluateAll((rows) =>
      rows.map((row) => ({
        step: row.closest("tbody")!.getAttribute("data-step")!,
        set: row.getAttribute("data-set")!,
        ae: Number(row.children[1].getAttribute("data-value") ?? Number.NaN),
        sr: Number(row.children[3].getAttribute("data-value") ?? Number.NaN)
      }))
    );
    const sets = [...new Set(steps.map(({set}) => set))];
    const of = (step: string, set: string, stage: "ae" | "sr") =>
      steps.find((row) => row.step === step && row.set === set)?.[stage] ?? Number.NaN;
    let checked = 0;
    for (const set of sets) {
      for (const stage of ["ae", "sr"] as const) {
        const total = of("total", set, stage);
        for (const way of [
          ["geometry", "domain-f4"],
          ["domain-f8", "resolution", "capacity"]
        ]) {
          const sum = way.reduce((all, step) => all + of(step, set, stage), 0);
          // a study may lack an autoencoder of one way
          if (!Number.isFinite(sum) || !Number.isFinite(total)) continue;
          expect(sum).toBeCloseTo(total, 2);
          checked++;
        }
      }
    }
    expect(checked).toBeGreaterThan(0);
    await close();
  });

  test("a bar leads to every image of its step", async ({skip}) => {
    if (!site.study) skip();
    const {page, problems, close} = await site.open("geometry");
    const bar = page.locator(".ladder-bars rect").first();
    await bar.focus();
    expect(await page.locator("#provenance").textContent()).toContain("dB");
    await page.keyboard.press("Enter");
    await page.waitForURL(/statistics/);
    await page.locator(".swarm-points circle").first().waitFor();
    expect(problems).toEqual([]);
    await close();
  });
});
