import {readFileSync} from "node:fs";
import {extname} from "node:path";
import {csvParse} from "d3-dsv";
import {describe, expect, it} from "vitest";
import {readVolume} from "../../loaders/formats/index.js";
import {readImage} from "../../loaders/images/index.js";
import {InputError} from "../../models/errors.js";
import {hasShared, shared} from "../support/shared.js";

describe.skipIf(!hasShared)("the manifest of reference files", () => {
  const rows = hasShared ? csvParse(readFileSync(shared("formats/manifest.csv"), "utf8")) : [];
  const files = rows.filter(({file}) => extname(file) !== ".LICENSE");

  it("names 205 files at least", () => expect(files.length).toBeGreaterThanOrEqual(205));

  it("has no file that is read though it should be refused, or refused though it should be read", async () => {
    const wrong: string[] = [];
    const table = new Map<string, string[]>();
    for (const {file, expect: verdict} of files) {
      const read = /\.(png|jpg)$/.test(file) ? readImage : readVolume;
      const outcome = await read(shared(`formats/${file}`)).then(
        () => "ok",
        (error: unknown) =>
          error instanceof InputError ? error.message.replace(shared("formats/"), "") : `CRASH ${error}`
      );
      if ((outcome === "ok") !== (verdict === "ok") || outcome.startsWith("CRASH"))
        wrong.push(`${file}: ${verdict}, but ${outcome}`);
      const format = `${file.split("/")[0]} ${verdict}`;
      table.set(format, [...(table.get(format) ?? []), outcome]);
    }
    expect(wrong).toEqual([]);
    if (process.env.BANDSCOPE_TABLE) {
      for (const [format, outcomes] of table) {
        process.stderr.write(`${format}: ${outcomes.length}\n`);
        for (const outcome of outcomes) if (outcome !== "ok") process.stderr.write(`  ${outcome}\n`);
      }
    }
  });
});
