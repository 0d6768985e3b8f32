import {readFileSync} from "node:fs";
import {join} from "node:path";
import type {Browser, Page} from "playwright-core";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {decodeImage} from "../../loaders/images/index.js";
import {dist, walk} from "../../scripts/paths.js";
import type {SiteCalibration, SiteIndex} from "../../src/components/site-data.js";
import {exceedanceMask, noiseFloor} from "../../src/measures/hallucination.js";
import type {Plane} from "../../src/measures/image.js";
import {Degradation} from "../../src/measures/nullspace.js";
import {cohensH, tost} from "../../src/measures/statistics/index.js";
import {hasBrowser, openBrowser, openPage, picture} from "./support.js";
import {detailOf} from "./tables.js";

function json<T>(pattern: RegExp): T {
  return JSON.parse(readFileSync([...walk(join(dist, "_file/data"))].find((path) => pattern.test(path))!, "utf8")) as T;
}

const png = (file: string) => decodeImage(readFileSync(join(dist, "_file/images", file)), file);

/** "1.23 %" or "−0.012" as numbers. */
const numberIn = (text: string) => Number(/[+−-]?\d+(\.\d+)?/.exec(text)![0].replace("−", "-").replace("+", ""));

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const cell = (page: Page, row: RegExp, column = 0) =>
  page
    .locator(".lab-results tr", {has: page.locator("th", {hasText: row})})
    .locator("td")
    .nth(column)
    .textContent() as Promise<string>;

const select = (page: Page, label: string) => page.locator("label.choice", {hasText: label}).locator("select").first();

const slide = (page: Page, value: number) =>
  page
    .locator(".lab .slider:not([hidden]) input")
    .first()
    .evaluate((node, next) => {
      const slider = node as HTMLInputElement;
      slider.value = String(next);
      slider.dispatchEvent(new Event("input", {bubbles: true}));
    }, value);

const parameter = (page: Page, name: string) => new URL(page.url()).searchParams.get(name);

describe.skipIf(!hasBrowser)("Hallucination", () => {
  let browser: Browser;
  let index: SiteIndex;
  let arms: readonly [string, string];
  beforeAll(async () => {
    browser = await openBrowser();
    index = json<SiteIndex>(/\/index\.\w+\.json$/);
    const autoencoders = index.arms.filter(({kind}) => kind === "autoencoder").map(({id}) => id);
    arms = [autoencoders[0], autoencoders.at(-1)!];
  });
  afterAll(() => browser?.close());

  /** HR and an autoencoder's output of every image of a set. */
  const planesOf = async (set: string, arm: string): Promise<{hr: Plane; output: Plane; patient: string}[]> => {
    const own = index.images.filter((one) => one.set === set);
    return Promise.all(
      own.map(async ({id, patient}) => {
        const {hr, outputs} = detailOf(id, index);
        return {hr: await png(hr), output: await png(outputs[arm].file), patient: patient ?? id};
      })
    );
  };

  test("the three maps stand beside HR and the output, and their numbers are those of the pictures", async () => {
    const [image] = index.images;
    const [arm, other] = arms;
    const {page, problems, close} = await openPage(browser, `hallucination?image=${image.id}&arm=${arm}`);
    const label = index.arms.find(({id}) => id === arm)!.label;
    const titles = page.locator('.viewer[data-mode="maps"]').first().locator(".title span:first-child");
    expect(await titles.allTextContents()).toEqual(["HR", label, "Beyond the floor", "Invented part", "sFRC tiles"]);
    const detail = detailOf(image.id, index);
    const [hr, output] = [await png(detail.hr), await png(detail.outputs[arm].file)];
    const {threshold} = noiseFloor(hr, output, 2);
    const mask = exceedanceMask(hr, output, threshold);
    const low = [Math.round(hr.width / 4), Math.round(hr.height / 4)] as const;
    const invented = new Degradation(hr.width, hr.height, ...low).hallucinationMap(hr, output);
    const lines = await page.locator(".map-numbers li").allTextContents();
    const [floor, brighter, darker] = /of ([\d.]+): ([\d.]+) % .*, ([\d.]+) %/.exec(lines[0])!.slice(1).map(Number);
    expect(floor).toBeCloseTo(threshold, 4);
    expect(brighter).toBeCloseTo((100 * mask.filter((sign) => sign > 0).length) / mask.length, 2);
    expect(darker).toBeCloseTo((100 * mask.filter((sign) => sign < 0).length) / mask.length, 2);
    expect(numberIn(lines[1])).toBeCloseTo(Math.sqrt(mean(Array.from(invented.data, (value) => value * value))), 4);
    const canvas = '.viewer[data-mode="maps"] .panel:nth-child(4) canvas >> nth=0';
    const before = await picture(page, canvas);
    await select(page, "Output of").selectOption(other);
    await expect.poll(() => titles.nth(1).textContent()).not.toBe(label);
    await expect.poll(() => picture(page, canvas)).not.toEqual(before);
    expect(parameter(page, "arm")).toBe(other);
    expect(problems).toEqual([]);
    await close();
  });

  test("moving the threshold changes maps, rates, h and the test of equivalence, to what the pictures give", async () => {
    const [image] = index.images;
    const {page, problems, close} = await openPage(
      browser,
      `hallucination?image=${image.id}&a=${arms[0]}&b=${arms[1]}&floor=fixed&t=0.05&count=either&margin=0.01`
    );
    const sides = await Promise.all(arms.map((arm) => planesOf(image.set, arm)));
    const at = index.images.filter(({set}) => set === image.set).findIndex(({id}) => id === image.id);
    const check = async (threshold: number) => {
      const rates = sides.map((planes) =>
        planes.map(({hr, output}) => {
          const mask = exceedanceMask(hr, output, threshold);
          return mask.filter((sign) => sign !== 0).length / mask.length;
        })
      );
      for (const side of [0, 1]) {
        expect(numberIn(await cell(page, /^Threshold on/, side))).toBeCloseTo(threshold, 4);
        expect(numberIn(await cell(page, /^This image/, side))).toBeCloseTo(100 * rates[side][at], 2);
        expect(numberIn(await cell(page, /^Mean of/, side))).toBeCloseTo(100 * mean(rates[side]), 2);
      }
      expect(numberIn(await cell(page, /Cohen's h/))).toBeCloseTo(cohensH(mean(rates[1]), mean(rates[0])), 3);
      const patients = [...new Set(sides[0].map(({patient}) => patient))];
      const differences = patients.map((patient) =>
        mean(sides[0].flatMap((one, i) => (one.patient === patient ? [rates[1][i] - rates[0][i]] : [])))
      );
      const {interval, equivalent} = tost(differences, 0.01);
      const shown = (await cell(page, /90 % interval/)).match(/[+−]?\d+\.\d+/g)!.map(numberIn);
      expect(shown[0]).toBeCloseTo(100 * mean(differences), 2);
      expect(shown[1]).toBeCloseTo(100 * interval![0], 2);
      expect(shown[2]).toBeCloseTo(100 * interval![1], 2);
      const verdict = page.locator(".lab-results .verdict");
      expect(await verdict.getAttribute("data-equivalent")).toBe(String(equivalent));
      expect(await verdict.textContent()).toMatch(equivalent ? /^Equivalent within/ : /^Not shown/);
    };
    await expect.poll(() => cell(page, /^Mean of/)).toMatch(/\d/);
    await check(0.05);
    const canvas = ".lab .viewer .panel:nth-child(2) canvas";
    const before = await picture(page, canvas);
    const rule = page.locator(".lab-chart g.here line");
    const place = await rule.getAttribute("x1");
    await slide(page, 0.02);
    await expect.poll(() => cell(page, /^Threshold on/)).toContain("0.0200");
    await check(0.02);
    expect(await picture(page, canvas)).not.toEqual(before);
    expect(await rule.getAttribute("x1")).not.toBe(place);
    await expect.poll(() => parameter(page, "t")).toBe("0.02");
    // what hardly any error reaches is equivalent within anything
    await slide(page, 0.3);
    await expect.poll(() => cell(page, /^Threshold on/)).toContain("0.3000");
    await check(0.3);
    expect(problems).toEqual([]);
    await close();
  });

  test("k moves each arm's own floor, a sense counts less than both, and the convention sets them as the study did", async () => {
    const query = `hallucination?a=${arms[0]}&b=${arms[1]}&floor=own&k=1&count=either`;
    const {page, problems, close} = await openPage(browser, query);
    await expect.poll(() => cell(page, /^Mean of/)).toMatch(/\d/);
    const loose = [numberIn(await cell(page, /^Threshold on/)), numberIn(await cell(page, /^Mean of/))];
    await slide(page, 3);
    await expect.poll(async () => numberIn(await cell(page, /^Threshold on/))).toBeGreaterThan(loose[0]);
    const strict = numberIn(await cell(page, /^Mean of/));
    expect(strict).toBeLessThan(loose[1]);
    const only = async (name: string) => {
      await page.locator(".lab .segmented").getByText(name, {exact: true}).click();
      await expect.poll(() => parameter(page, "count")).toBe(name);
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
      return numberIn(await cell(page, /^Mean of/));
    };
    const parts = [await only("brighter"), await only("darker")];
    expect(parts[0] + parts[1]).toBeCloseTo(strict, 1);
    await page.locator("#convention").getByText("as published").click();
    await expect.poll(() => parameter(page, "count")).toBe("brighter");
    expect(parameter(page, "k")).toBe("2");
    expect(parameter(page, "floor")).not.toBe("own");
    expect(problems).toEqual([]);
    await close();
  });

  test("the area under each ROC curve is the calibration's, and a row shows its curve", async ({skip}) => {
    const calibration = json<SiteCalibration>(/\/calibration\.\w+\.json$/);
    if (calibration.lesions.length === 0) skip();
    const lesion = calibration.lesions.at(-1)!;
    const {page, problems, close} = await openPage(browser, `hallucination?planted=${lesion.id}&tell=inBlur`);
    const rows = page.locator("rect[data-score]");
    await rows.first().waitFor();
    const labels = await rows.evaluateAll((all) => all.map((row) => row.getAttribute("aria-label")!));
    expect(new Set(labels)).toEqual(
      new Set(
        lesion.scores.map(
          ({score, inBlur}) =>
            `${score.replace("measurement consistency", "LR consistency")}: ${inBlur === null ? (score === "MS-SSIM" ? "absent (sides under 176 px)" : "absent") : `AUC ${inBlur.auc.toFixed(2)}`}`
        )
      )
    );
    const score = lesion.scores.find(({inBlur}) => inBlur !== null)!;
    await page.locator(`rect[data-score="${score.score}"]`).click();
    const figure = page.locator("figure.chart", {has: page.locator("h3", {hasText: `ROC: ${score.score}`})});
    await figure.waitFor();
    expect(await figure.locator(".sub").textContent()).toContain(`(AUC ${score.inBlur!.auc.toFixed(2)})`);
    await figure.locator("summary").click();
    await figure.locator("tbody tr").first().waitFor();
    const points = await figure
      .locator("tbody tr")
      .evaluateAll((all) =>
        all
          .filter((row) => row.children[0].textContent === "a lesion within blur")
          .map((row) => [1, 2].map((i) => Number(row.children[i].textContent)))
      );
    expect(points).toHaveLength(score.inBlur!.points.length);
    points.forEach(([x, y], i) => {
      expect(x).toBeCloseTo(score.inBlur!.points[i][0], 5);
      expect(y).toBeCloseTo(score.inBlur!.points[i][1], 5);
    });
    expect(await page.locator('rect[data-score][aria-checked="true"]').getAttribute("data-score")).toBe(score.score);
    expect(parameter(page, "score") ?? "published hallucination rate").toBe(score.score);
    expect(problems).toEqual([]);
    await close();
  });

  test("without a link, a lesion is told within noise, and the address says nothing of it", async ({skip}) => {
    if (json<SiteCalibration>(/\/calibration\.\w+\.json$/).lesions.length === 0) skip();
    const {page, problems, close} = await openPage(browser, "hallucination");
    const tell = page.locator('fieldset:has(legend:text-is("Tell"))');
    expect(await tell.locator(":checked").getAttribute("value")).toBe("inNoise");
    expect(parameter(page, "tell")).toBeNull();
    await tell.getByText("a lesion against noise or blur", {exact: true}).click();
    await expect.poll(() => parameter(page, "tell")).toBe("against");
    expect(problems).toEqual([]);
    await close();
  });

  test("paired against mispaired: the bars are the means of the pictures' rates", async ({skip}) => {
    const arm = index.arms.find(({kind, generator}) => kind === "super-resolution" && generator !== undefined);
    if (arm === undefined) skip();
    const {page, problems, close} = await openPage(browser, "hallucination?pairs=site");
    const figure = page.locator("figure.chart", {
      has: page.locator("h3", {hasText: "Threshold rates, paired and mispaired"})
    });
    await figure.locator("summary").click();
    await figure.locator("tbody tr").first().waitFor();
    const rows = await figure
      .locator("tbody tr")
      .evaluateAll((all) => all.map((row) => [...row.children].map((one) => one.textContent!)));
    const planes = await Promise.all(
      index.images.map(async ({id}) => {
        const {hr, outputs} = detailOf(id, index);
        return {
          hr: await png(hr),
          output: await png(outputs[arm!.id].file),
          ae: await png(outputs[arm!.generator!.autoencoder].file)
        };
      })
    );
    const rates = planes.map(({hr, output, ae}) => {
      const mask = exceedanceMask(hr, output, noiseFloor(hr, ae, 2).threshold);
      return [1, -1].map((wanted) => mask.filter((sign) => sign === wanted).length / mask.length);
    });
    const paired = rows.find(([label, pairs]) => label === arm!.label && pairs === "paired")!;
    // those of the chart were counted before the pictures were rounded to 8 bits
    expect(Number(paired[2])).toBeCloseTo(mean(rates.map(([brighter]) => brighter)), 2);
    expect(Number(paired[3])).toBeCloseTo(mean(rates.map(([, darker]) => darker)), 2);
    expect(Number(paired[4])).toBe(index.images.length);
    // another patient's image differs by more than any method makes up
    const mispaired = rows.find(([label, pairs]) => label === arm!.label && pairs === "mispaired")!;
    expect(Number(mispaired[2]) + Number(mispaired[3])).toBeGreaterThan(Number(paired[2]) + Number(paired[3]));
    expect(problems).toEqual([]);
    await close();
  });

  test("a link restores image, arms, floor, sense, margin and the calibration's choices", async () => {
    const image = index.images.at(-1)!.id;
    const query = `image=${image}&arm=${arms[1]}&a=${arms[1]}&b=${arms[0]}&floor=fixed&t=0.1&count=darker&margin=0.02&tell=against`;
    const {page, problems, close} = await openPage(browser, `hallucination?${query}`);
    expect(await page.locator('.picker [aria-checked="true"]').getAttribute("aria-label")).toBe(image);
    expect(await select(page, "Output of").inputValue()).toBe(arms[1]);
    expect(await select(page, "Arm A").inputValue()).toBe(arms[1]);
    expect(await select(page, "Arm B").inputValue()).toBe(arms[0]);
    expect(await page.locator(".lab .slider:not([hidden]) output").textContent()).toBe("0.100");
    expect(await page.locator(".lab .segmented :checked").getAttribute("value")).toBe("darker");
    expect(await select(page, "Equivalent within").inputValue()).toBe("0.02");
    if (json<SiteCalibration>(/\/calibration\.\w+\.json$/).lesions.length > 0)
      expect(await page.locator('fieldset:has(legend:text-is("Tell")) :checked').getAttribute("value")).toBe("against");
    const now = new URL(page.url()).searchParams;
    for (const [name, value] of new URLSearchParams(query)) expect(now.get(name), name).toBe(value);
    expect(problems).toEqual([]);
    await close();
  });
});
