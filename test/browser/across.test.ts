import {readFileSync} from "node:fs";
import {join} from "node:path";
import {csvParseRows} from "d3-dsv";
import type {Browser, Page} from "playwright-core";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {decodeImage} from "../../loaders/images/index.js";
import {projectStage} from "../../scripts/paths.js";
import {sitePages} from "../../scripts/site-pages.js";
import {hasBrowser, openBrowser, openPage, readDownload} from "./support.js";

const pages = sitePages();
const sourceOf = (path: string) => readFileSync(join(projectStage.root, `${path || "index"}.md`), "utf8");

/** A number as the tables behind charts show it. */
function shorten(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}

/** Everything that the Tab key reaches in a page's own part, in order: what it is, and how its focus can be seen. */
async function tabThrough(page: Page): Promise<{name: string; seen: boolean}[]> {
  await page.evaluate(() => {
    document.body.focus();
    getSelection()?.removeAllRanges();
  });
  const reached: {name: string; seen: boolean}[] = [];
  for (let i = 0; i < 600; i++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const node = document.activeElement;
      if (node === null || node === document.body) return null;
      const visible = (element: Element | null, pseudo?: string) => {
        if (element === null) return false;
        const style = getComputedStyle(element, pseudo);
        return style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) > 0;
      };
      const marked = node.hasAttribute("data-reached");
      node.setAttribute("data-reached", "");
      const svg = node instanceof SVGElement;
      const seen =
        visible(node) ||
        visible(node.closest("label")) ||
        svg ||
        getComputedStyle(node, "::after").content !== "none" ||
        getComputedStyle(node).boxShadow !== "none";
      const name = `${node.localName}${node.id ? `#${node.id}` : ""}.${node.getAttribute("class") ?? ""} ${(node.getAttribute("aria-label") ?? node.textContent ?? "").slice(0, 40)}`;
      return {name, seen, marked};
    });
    if (at === null || at.marked) break;
    reached.push({name: at.name, seen: at.seen});
  }
  return reached;
}

describe.skipIf(!hasBrowser)("across all pages", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  test.each(pages)("/%s: the Tab key reaches every control, and one sees where it is", async (path) => {
    const {page, close} = await openPage(browser, path);
    const reached = await tabThrough(page);
    expect(reached.length).toBeGreaterThan(5);
    expect(reached.filter(({seen}) => !seen).map(({name}) => name)).toEqual([]);
    const missed = await page.evaluate(() => {
      const controls = document.querySelectorAll<HTMLElement>(
        "main :is(button, input, select, summary, a[href], [tabindex='0'])"
      );
      return [...controls]
        .filter((node) => {
          if (node.hasAttribute("data-reached") || (node as HTMLInputElement).disabled || node.tabIndex < 0)
            return false;
          if (!node.checkVisibility({visibilityProperty: true}) || node.closest("details:not([open]) > :not(summary)"))
            return false;
          // a group of radio buttons is one stop
          const {type, name} = node as HTMLInputElement;
          return !(type === "radio" && document.querySelector(`input[name="${name}"][data-reached]`) !== null);
        })
        .map((node) => `${node.localName} ${node.getAttribute("aria-label") ?? node.textContent}`.slice(0, 80));
    });
    expect(missed).toEqual([]);
    await close();
  });

  test.each(pages)("/%s: every chart and picture says what it shows, and has its numbers beside it", async (path) => {
    const {page, close} = await openPage(browser, path);
    const silent = await page.evaluate(() => {
      const problems: string[] = [];
      for (const figure of document.querySelectorAll("figure.chart")) {
        const title = figure.querySelector("h3")?.textContent ?? "";
        if (title === "") problems.push("a chart without a title");
        const drawing = figure.querySelector("svg[class], canvas");
        if (drawing && !drawing.getAttribute("aria-label") && !drawing.closest("[aria-label]"))
          problems.push(`${title}: no description`);
        if (!figure.querySelector("details.behind [role=region]")) problems.push(`${title}: no table behind it`);
      }
      for (const picture of document.querySelectorAll<HTMLElement>("main :is(img, canvas)")) {
        if (!picture.checkVisibility() || picture.closest("[aria-hidden=true], figure.chart")) continue;
        if (!(picture.getAttribute("alt") ?? picture.getAttribute("aria-label")))
          problems.push(`${picture.localName} without words: ${picture.className || picture.parentElement?.className}`);
      }
      return problems;
    });
    expect(silent).toEqual([]);
    await close();
  });

  test.each(pages)("/%s: nothing moves for those who ask for that, and 390 pixels are wide enough", async (path) => {
    const {page, problems, close} = await openPage(browser, `${path}?convention=published`, {
      viewport: {width: 390, height: 844},
      reducedMotion: "reduce",
      isMobile: true,
      hasTouch: true
    });
    const moving = await page.evaluate(() => [
      ...document.getAnimations().map((animation) => `animation ${(animation as CSSAnimation).animationName ?? ""}`),
      ...[...document.querySelectorAll("main *, header *")]
        .filter((node) => Number.parseFloat(getComputedStyle(node).transitionDuration) > 0)
        .map((node) => `transition of ${node.localName}.${node.getAttribute("class")}`)
    ]);
    expect(moving).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    expect(problems).toEqual([]);
    await close();
  });

  test("the convention stands in the address, goes along every link and comes back from it", async () => {
    const {page, problems, close} = await openPage(browser, "bands");
    const control = page.locator("#convention");
    expect(await control.locator(":checked").getAttribute("value")).toBe("default");
    await control.getByText("as published").click();
    expect(new URL(page.url()).searchParams.get("convention")).toBe("published");
    expect(await control.locator(".convention-meaning").textContent()).toContain("own reconstruction");
    await page.locator("#observablehq-sidebar").getByText("Methods", {exact: true}).click();
    await page.waitForURL(/methods/);
    expect(new URL(page.url()).searchParams.get("convention")).toBe("published");
    expect(await page.locator("#convention :checked").getAttribute("value")).toBe("published");
    await page.locator("#convention").getByText("default").click();
    expect(new URL(page.url()).searchParams.has("convention")).toBe(false);
    expect(problems).toEqual([]);
    await close();
  });

  test.each(pages.filter((path) => sourceOf(path).includes("onConvention")))(
    "/%s: the convention changes what the page says",
    async (path) => {
      const {page, problems, close} = await openPage(browser, path);
      const said = () => page.locator("main").evaluate((main) => main.textContent);
      const before = await said();
      await page.locator("#convention").getByText("as published").click();
      await expect.poll(said, {timeout: 20_000}).not.toBe(before);
      await page.locator("#convention").getByText("default").click();
      await expect.poll(said, {timeout: 20_000}).toBe(before);
      expect(problems).toEqual([]);
      await close();
    }
  );

  test("a chart can be taken away as it is shown: SVG, PNG, CSV and LaTeX", async () => {
    const {page, problems, close} = await openPage(browser, "bands", {
      viewport: {width: 1280, height: 900},
      colorScheme: "dark"
    });
    const figure = page.locator("figure.chart").first();
    await figure.locator("summary").click();
    await figure.locator("tbody tr").first().waitFor();
    const save = async (name: string) => {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        figure.getByText(name, {exact: true}).click()
      ]);
      return download;
    };
    const title = (await figure.locator("h3").textContent())!;

    const svgFile = await save("Save SVG");
    const svg = await readDownload(svgFile);
    expect(svgFile.suggestedFilename()).toMatch(/^[\w.-]+\.svg$/);
    expect(svg).toContain(title);
    // all that the drawing says
    const words = await figure.locator("svg text").allTextContents();
    const saved = await page.evaluate(
      (source) =>
        [...new DOMParser().parseFromString(source, "image/svg+xml").querySelectorAll("text")].map(
          (one) => one.textContent
        ),
      svg
    );
    for (const word of words) expect(saved).toContain(word);
    // nothing in it refers to the page
    expect(svg).not.toMatch(/var\(|class=|currentColor|https?:\/\/(?!www\.w3\.org)/);
    const problemsOf = await page.evaluate((source) => {
      const parsed = new DOMParser().parseFromString(source, "image/svg+xml");
      return parsed.querySelector("parsererror")?.textContent ?? null;
    }, svg);
    expect(problemsOf).toBeNull();
    // dark as the page is
    expect(svg).toContain('fill="#181714"');

    const pngFile = await save("Save PNG");
    const png = await decodeImage(readFileSync((await pngFile.path())!), "saved");
    const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)!;
    expect([png.width, png.height]).toEqual([2 * Number(width), 2 * Number(height)]);
    expect(new Set(png.data).size).toBeGreaterThan(20);

    const cells = (row: string) =>
      figure
        .locator(row)
        .evaluateAll((all) => all.map((one) => [...one.children].map((cell) => cell.textContent ?? "")));
    const [heads] = await cells("thead tr");
    const rows = await cells("tbody tr");
    const csv = csvParseRows(await readDownload(await save("Save CSV")));
    expect(csv[0]).toEqual(heads);
    // the table shows six digits, the file all of them
    const rounded = (text: string) => (text === "" ? "–" : /^-?[\d.e-]+$/.test(text) ? shorten(Number(text)) : text);
    expect(csv.slice(1).map((row) => row.map(rounded))).toEqual(rows);
    const latex = await readDownload(await save("Save LaTeX"));
    const lines = latex.split("\n").filter((line) => line.endsWith("\\\\"));
    expect(lines).toHaveLength(rows.length + 1);
    lines.slice(1).forEach((line, i) => {
      const numbers = line.replaceAll("$", "").match(/(?<=& )-?[\d.]+(e-?\d+)?(?= &| \\)/g) ?? [];
      expect(numbers.map((number) => shorten(Number(number)))).toEqual(
        rows[i].slice(1).filter((text) => /^-?[\d.]+(e-?\d+)?$/.test(text))
      );
    });
    expect(latex).toContain("\\toprule");
    expect(problems).toEqual([]);
    await close();
  });

  test("what can be saved can be reached and pressed without a mouse", async () => {
    const {page, close} = await openPage(browser, "bands");
    await page.locator("details.behind summary").first().focus();
    await page.keyboard.press("Enter");
    await page.locator("details.behind tbody tr").first().waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      (async () => {
        for (let i = 0; i < 3; i++) {
          await page.keyboard.press("Tab");
          if ((await page.evaluate(() => document.activeElement?.textContent)) === "Save CSV") break;
        }
        await page.keyboard.press("Enter");
      })()
    ]);
    expect(download.suggestedFilename()).toMatch(/\.csv$/);
    await close();
  });
});
