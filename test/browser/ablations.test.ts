import {describe, expect, test} from "vitest";
import {siteStudies, studySite} from "./study-site.js";
import {hasBrowser} from "./support.js";

const points = ".ablation-points circle";

describe.skipIf(!hasBrowser)("Ablations", () => {
  const site = studySite();

  test("without a study the page says how to get one, with it it draws", async () => {
    const {page, problems, close} = await site.open("ablations");
    expect(await page.locator(".no-study").count()).toBe(site.study ? 0 : 1);
    if (site.study) await page.locator(points).first().waitFor();
    expect(problems).toEqual([]);
    await close();
  });

  test("the gap can be shown as its change, in which every reference is zero", async ({skip}) => {
    if (!site.study) skip();
    const {page, problems, close} = await site.open("ablations");
    await page.locator(points).first().waitFor();
    const before = await page.locator(points).nth(1).getAttribute("cx");
    await page.getByText("its change", {exact: true}).click();
    await expect.poll(() => page.locator(points).nth(1).getAttribute("cx")).not.toBe(before);
    expect(new URL(page.url()).searchParams.get("show")).toBe("change");
    expect(problems).toEqual([]);
    await close();
  });

  test("a verdict follows from the numbers behind the charts", async ({skip}) => {
    if (!site.study) skip();
    const {page, close} = await site.open("ablations");
    await page.locator(points).first().waitFor();
    for (const details of await page.locator(".columns details.behind").all()) {
      await details.locator("summary").click();
      await details.locator("tbody tr").first().waitFor();
    }
    const rows = await page.locator(".columns details.behind tbody tr").evaluateAll((all) =>
      all.map((row) => {
        const heads = [...row.closest("table")!.querySelectorAll("thead th")].map((th) => th.textContent!);
        const cell = (name: string) => row.children[heads.findIndex((head) => head.startsWith(name))].textContent!;
        const psnrs = heads.flatMap((head, i) =>
          head.startsWith("PSNR against HR") ? [row.children[i].textContent!] : []
        );
        return {
          set: row.closest("figure")!.querySelector("h3")!.textContent!,
          factor: cell("changed"),
          psnrs: psnrs.map(Number),
          gap: Number(cell("gap (dB)")),
          change: Number(cell("change (dB)")),
          within: cell("within"),
          shown: cell("shown"),
          failed: cell("no evidence").includes("failed")
        };
      })
    );
    // the gap is that of the two models' PSNR, which stand beside it
    for (const {psnrs, gap} of rows) expect(psnrs[1] - psnrs[0]).toBeCloseTo(gap, 3);
    const heads = await page.locator("#verdicts thead th").allTextContents();
    const names: Record<string, string> = {
      steps: "Sampling steps T",
      sampler: "Sampler",
      target: "Prediction target",
      generator: "Generator"
    };
    let checked = 0;
    for (const [factor, name] of Object.entries(names)) {
      const cells = await page.locator(`#verdicts tr[data-factor="${factor}"] td`).allTextContents();
      cells.forEach((text, i) => {
        const tried = rows.filter((row) => row.factor === name && row.set === heads[i + 1]);
        const own = tried.filter(({failed}) => !failed);
        const expected =
          tried.length === 0
            ? "not tried"
            : own.length === 0
              ? "cannot tell"
              : own.some(({within}) => within === "no")
                ? "does not hold"
                : own.every(({shown}) => shown === "yes")
                  ? "holds"
                  : "within, not shown";
        expect(text.startsWith(expected)).toBe(true);
        checked++;
      });
      for (const row of rows) if (row.within === "no") expect(Math.abs(row.change)).toBeGreaterThan(0.15 - 1e-4);
    }
    expect(checked).toBeGreaterThan(0);
    await close();
  });

  test("offers the autoencoders that have super-resolution, and no other", async ({skip}) => {
    if (!site.study) skip();
    const [{autoencoders, arms}] = await siteStudies();
    const generated = autoencoders.filter(({id}) => arms.some((arm) => arm.kind === "sr" && arm.autoencoder === id));
    if (generated.length === 0) skip();
    const {page, close} = await site.open("ablations");
    const selects = page.locator(".ablation-board label.choice select");
    await selects.first().waitFor();
    for (const i of [0, 1]) {
      expect(await selects.nth(i).locator("option").allTextContents()).toEqual(generated.map(({label}) => label));
    }
    await close();
  });

  test("a link restores the pair and the reference", async ({skip}) => {
    if (!site.study) skip();
    const {page, close} = await site.open("ablations");
    await page.locator(points).first().waitFor();
    const select = page.locator('label.choice:has-text("Reference") select');
    const values = await select.locator("option").evaluateAll((all) => all.map((o) => (o as HTMLOptionElement).value));
    await select.selectOption(values.at(-1)!);
    await page.waitForFunction(
      (value) => (new URLSearchParams(location.search).get("config") ?? value) === value,
      values.at(-1)!
    );
    const url = page.url();
    await close();
    const again = await site.openAgain(url);
    expect(await again.page.locator('label.choice:has-text("Reference") select').inputValue()).toBe(values.at(-1));
    await again.close();
  });

  test("a point leads to every image of its gap", async ({skip}) => {
    if (!site.study) skip();
    const {page, problems, close} = await site.open("ablations");
    await page.locator(points).nth(1).click({force: true});
    await page.waitForURL(/statistics/);
    await page.locator(".swarm-points circle").first().waitFor();
    expect(problems).toEqual([]);
    await close();
  });
});
