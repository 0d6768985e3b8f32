import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {afterAll, beforeAll, expect, test} from "vitest";
import {auditFolders, auditStatus} from "../../loaders/audit/auditFolders.js";
import {encodePng8} from "../../loaders/images/index.js";
import {picture} from "../measures/reference.js";

const n = 24;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "bandscope-audit-"));
  const names = Array.from({length: n}, (_, i) => `hr_${i}`);
  const text = names.toSorted();
  const write = (set: string, name: string, image: number) => {
    mkdirSync(join(folder, set), {recursive: true});
    writeFileSync(join(folder, set, `${name}.png`), encodePng8(picture(64, 64, "folder", image)));
  };
  names.forEach((name, i) => {
    write("hr", name, i);
    write("right", name, i);
    // the published fault: the i-th file in text order is saved under the number i
    write("wrong", name, names.indexOf(text[i]));
  });
  write("other", "elsewhere", 3);
  mkdirSync(join(folder, "size"));
  writeFileSync(join(folder, "size", "hr_3.png"), encodePng8(picture(32, 32)));
  mkdirSync(join(folder, "few"));
  for (const i of [1, 2, 5]) write("few", `hr_${i}`, i);
});

afterAll(() => rmSync(folder, {recursive: true, force: true}));

const at = (set: string) => [join(folder, set)];

test("rightly named images are paired", async () => {
  const audit = await auditFolders(at("hr"), at("right"));
  expect(audit).toMatchObject({verdict: "paired", n, top1: 1, missing: {hr: [], sr: []}});
  expect(auditStatus(audit)).toBe(0);
});

test("names given in numeric order to files in text order are found out", async () => {
  const audit = await auditFolders(at("hr"), at("wrong"));
  expect(audit).toMatchObject({verdict: "mispaired", reordering: "lexicographic"});
  expect(audit.mispaired).toContainEqual(expect.objectContaining({id: "hr_2", belongsTo: "hr_10"}));
  expect(auditStatus(audit)).toBe(3);
});

test("images without a partner are listed, not judged", async () => {
  const audit = await auditFolders(at("hr"), at("few"));
  expect(audit.n).toBe(3);
  expect(audit.missing.sr).toHaveLength(n - 3);
});

test("no name in common, and a pair of two sizes, are refused by name", async () => {
  await expect(auditFolders(at("hr"), at("other"))).rejects.toThrow(
    /no image in .*hr \(hr_0, hr_1, …\) has the name of one in/
  );
  await expect(auditFolders(at("hr"), at("size"))).rejects.toThrow(/hr_3.png has 32×32 pixels, .* has 64×64/);
});
