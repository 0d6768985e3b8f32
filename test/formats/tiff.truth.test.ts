import {createHash} from "node:crypto";
import {readFileSync} from "node:fs";
import {describe, expect, it} from "vitest";
import {readVolume} from "../../loaders/formats/index.js";
import {decodeTiffSamples} from "../../loaders/formats/tiff/decodeTiff.js";
import {nodeInflater} from "../../loaders/images/nodeInflater.js";
import {InputError} from "../../models/errors.js";
import {hasShared, shared} from "../support/shared.js";

interface Truth {
  kind: string;
  expect: string;
  shape: number[];
  dtype: string;
  tags: {photometric: string};
  sha256_little_endian_C: string;
  samples: {index: number[]; value: number}[];
}

describe.skipIf(!hasShared)("the TIFF reference files", () => {
  const truth: Record<string, Truth> = hasShared ? JSON.parse(readFileSync(shared("formats/truth.json"), "utf8")) : {};
  const files = Object.entries(truth).filter(([, {kind}]) => kind === "tiff");
  const readable = files.filter(([, facts]) => facts.expect === "ok");

  it("are 19 readable ones at least", () => expect(readable.length).toBeGreaterThanOrEqual(19));

  it.each(readable)("%s has the stored values", async (name, facts) => {
    const bytes = new Uint8Array(readFileSync(shared(`formats/${name}`)));
    const {pages, samples, dtype} = await decodeTiffSamples(bytes, {source: name, inflater: nodeInflater});
    expect([pages[0].height, pages[0].width]).toEqual(facts.shape.slice(0, 2));
    expect(dtype).toBe(facts.dtype === "bool" ? "uint8" : facts.dtype);
    const hash = createHash("sha256").update(new Uint8Array(samples[0].buffer)).digest("hex");
    expect(hash).toBe(facts.sha256_little_endian_C);

    const volume = await readVolume(shared(`formats/${name}`));
    expect(volume.shape).toEqual([facts.shape[1], facts.shape[0], 1]);
    expect(volume.inverted).toBe(facts.tags.photometric === "0");
    if (facts.shape.length > 2 || facts.tags.photometric === "3") return;
    for (const {index, value} of facts.samples) expect(volume.data[index[0] * volume.shape[0] + index[1]]).toBe(value);
  });

  it.each(files.filter(([, facts]) => facts.expect !== "ok"))("%s is refused in one sentence", async (name, facts) => {
    const path = shared(`formats/${name}`);
    const started = process.cpuUsage();
    const error = await readVolume(path).then(
      () => undefined,
      (reason: unknown) => reason
    );
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(/^[^\n]{20,300}$/);
    expect((error as Error).message).toContain(path);
    if (facts.expect === "unsupported")
      expect((error as Error).message).toMatch(/with .* compression, which isn't one that is read$/);
    const {user, system} = process.cpuUsage(started);
    expect((user + system) / 1000, "milliseconds").toBeLessThan(1000);
  });
});
