import {readFileSync, rmSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {Ajv2020} from "ajv/dist/2020.js";
import {afterAll, beforeAll, describe, expect, it, vi} from "vitest";
import {choose, command} from "../../loaders/cli/commands/calibrate.js";
import {calibrate, scores} from "../../src/measures/calibrate.js";
import {picture, temporaryFolder, writeImages} from "../analyse/sample-set.js";
import {bandscope} from "../support/bandscope.js";

const schema = JSON.parse(readFileSync(new URL("../../data/schemas/calibrate.schema.json", import.meta.url), "utf8"));
const validate = new Ajv2020({allErrors: true}).compile(schema);

describe("bandscope calibrate", () => {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  let hr: string;
  beforeAll(() => {
    hr = writeImages(at("hr"), Object.fromEntries(Array.from({length: 7}, (_, i) => [`s${i}`, picture(`s${i}`)])));
  });
  afterAll(folder.remove);

  it("prints a table sorted by AUC, and writes JSON that its schema describes", async () => {
    const {code, stdout, stderr} = await bandscope(["calibrate", "--hr", hr, "--images", "4", "--out", at("c.json")]);
    expect([code, stderr]).toEqual([0, ""]);
    const [head, ...rows] = stdout.trim().split("\n");
    expect(head).toMatch(/^score +AUC against noise and blur +in noise +in blur$/);
    const cells = rows.map((row) => row.split(/ {2,}/));
    expect(cells.map(([score]) => score).sort()).toEqual(Object.keys(scores).sort());
    // 64 pixels are too few for MS-SSIM
    expect(cells.at(-1)).toEqual(["MS-SSIM", "–", "–", "–"]);
    const column = cells.slice(0, -1).map(([, auc]) => Number(auc));
    expect(column).toEqual([...column].sort((a, b) => b - a));
    expect(column[0]).toBeGreaterThan(column.at(-1)!);

    const report = JSON.parse(readFileSync(at("c.json"), "utf8"));
    expect(validate(report) ? [] : validate.errors).toEqual([]);
    expect(report.images).toHaveLength(4);
    expect(report.provenance.options).toEqual({
      ...{images: 4, contrast: 0.2, diameter: 10, noise: 0.02, blur: 1, factor: 4, seed: 1}
    });
    expect(report.scores.map(({score}: {score: string}) => score)).toEqual(cells.map(([score]) => score));
    report.scores.forEach(({against}: {against: {auc: number} | null}, i: number) => {
      expect(against === null ? "–" : against.auc.toFixed(3)).toBe(cells[i][1]);
    });
  });

  it("hands its options to the harness", async () => {
    const print = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    const out = at("options.json");
    const one = writeImages(at("one"), {x: picture("x")});
    const options = {lesion: {contrast: -0.3, diameter: 6}, noise: 0.1, blur: 2, factor: 2, seed: 5};
    await command.run([
      ...["--hr", one, "--contrast=-0.3", "--diameter", "6", "--noise", "0.1", "--blur", "2", "--factor", "2"],
      ...["--seed", "5", "--out", out]
    ]);
    expect(print.mock.calls.flat().join("")).toMatch(/^score /);
    print.mockRestore();
    const {decodeImage} = await import("../../loaders/images/index.js");
    const plane = await decodeImage(readFileSync(join(one, "x.png")), "x");
    const expected = calibrate([{id: "x", ...plane}], options);
    const found = JSON.parse(readFileSync(out, "utf8")).scores;
    for (const {score, values} of expected) {
      expect(found.find((row: {score: string}) => row.score === score).values).toEqual(values);
    }
  });

  it("chooses images by the seed, the same whatever else is asked", () => {
    const files = Array.from({length: 30}, (_, i) => ({id: `${i}`, path: `${i}.png`}));
    const ids = (n: number, seed: number) => choose(files, n, seed).map(({id}) => Number(id));
    expect(ids(10, 1)).toEqual(ids(10, 1));
    expect(ids(10, 1)).not.toEqual(ids(10, 2));
    expect(ids(10, 1)).toHaveLength(10);
    expect(ids(10, 1)).toEqual([...ids(10, 1)].sort((a, b) => a - b));
    expect(ids(40, 1)).toEqual(files.map((_, i) => i));
  });

  it("has help with every option", async () => {
    const source = readFileSync(new URL("../../loaders/cli/commands/calibrate.ts", import.meta.url), "utf8");
    const options = [...source.matchAll(/^ {8}"?([a-z-]+)"?: \{type: "/gm)].map(([, name]) => name);
    expect(options).toHaveLength(10);
    for (const option of options) expect(command.help).toContain(`--${option} `);
    expect(Math.max(...command.help.split("\n").map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  it.each([
    [[], "--hr is missing"],
    [["--hr", "x", "--images", "0"], "--images must be a whole number from 1 to 100000"],
    [["--hr", "x", "--blur", "0"], "--blur must be a number from 0.1"],
    [["--hr", "x", "--contrast", "2"], "--contrast must be a number from -1 to 1"],
    [["--hr", "x", "--diameter", "big"], '--diameter must be a number from 1 to 10000, not "big"']
  ])("refuses the command line %j", async (args, message) => {
    await expect(command.run(args)).rejects.toMatchObject({exitCode: 2, message: expect.stringContaining(message)});
  });

  it("names the folder without images, and the file that is none; nothing is written", async () => {
    const bad = writeImages(at("bad"), {x: picture("x")});
    writeFileSync(join(bad, "y.png"), "not a picture");
    await expect(command.run(["--hr", bad, "--out", at("never.json")])).rejects.toThrow("y.png is not an image");
    rmSync(bad, {recursive: true});
    await expect(command.run(["--hr", bad])).rejects.toThrow(`there is no file or folder ${bad}`);
    await expect(command.run(["--hr", hr, "--out", folder.path])).rejects.toThrow("is a folder; it must name a file");
    expect(() => readFileSync(at("never.json"))).toThrow("ENOENT");
  });
});
