import {createHash} from "node:crypto";
import {readFileSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import {afterAll, beforeAll, describe, expect, it} from "vitest";
import {type AnalysisOptions, analyse} from "../../loaders/analyse/analyse.js";
import {reportJson} from "../../loaders/analyse/report.js";
import {command} from "../../loaders/cli/commands/analyse.js";
import {encodeNpy} from "../../loaders/images/index.js";
import type {Checkpoint} from "../../models/checkpoints/checkpoint.js";
import {encodeSafetensors} from "../../models/checkpoints/encode-safetensors.js";
import type {Plane} from "../../src/measures/image.js";
import {backbone, expected, heads, pair} from "../models/lpips/formula.js";
import {startTestEngine} from "../models/support/engine.js";
import {bandscope} from "../support/bandscope.js";
import {hasShared, shared} from "../support/shared.js";
import {picture, temporaryFolder, writeImages} from "./sample-set.js";
import {schemaErrors} from "./schema.js";

const quick: AnalysisOptions = {workers: () => 0, resamples: 50};

describe("analyse with LPIPS", () => {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  const write = (path: string, {data, width, height}: Plane) =>
    writeFileSync(path, encodeNpy(Float32Array.from(data), [height, width]));
  const save = (name: string, {tensors, read}: Checkpoint) => {
    const list = Array.from(tensors.values(), ({name: tensor, shape}) => ({
      name: tensor,
      shape,
      values: read(tensor) as Float32Array
    }));
    writeFileSync(at(name), encodeSafetensors(list));
    return at(name);
  };
  let weights: {backbone: string; heads: string};
  let engine: string | undefined;
  beforeAll(async () => {
    engine = process.env.BANDSCOPE_ENGINE;
    process.env.BANDSCOPE_ENGINE ||= "wasm";
    await startTestEngine();
    weights = {backbone: save("alexnet.safetensors", backbone()), heads: save("heads.safetensors", heads())};
    writeImages(at("hr"), {});
    writeImages(at("sr"), {});
    expected.forEach(([width, height], i) => {
      const [hr, sr] = pair(width, height);
      write(join(at("hr"), `${i}.npy`), hr);
      write(join(at("sr"), `${i}.npy`), sr);
    });
    write(join(at("hr"), "small.npy"), picture("small", 24));
    write(join(at("sr"), "small.npy"), picture("other", 24));
  });
  afterAll(() => {
    if (engine === undefined) delete process.env.BANDSCOPE_ENGINE;
    folder.remove();
  });
  const run = (options: Partial<AnalysisOptions> = {}) =>
    analyse(
      {
        hr: at("hr"),
        sr: [
          {name: "sr", path: at("sr")},
          {name: "hr", path: at("hr")}
        ],
        ae: []
      },
      {...quick, ...options}
    );

  it("agrees with PyTorch, says what it was computed with, and leaves no tensor behind", async () => {
    const before = tf.memory().numTensors;
    const done: number[] = [];
    const report = await run({lpips: weights, onLpips: (total) => done.push(total)});
    expect(tf.memory().numTensors).toBe(before);
    expect(done).toEqual(Array(8).fill(8));
    expected.forEach(([, , value], i) => {
      const [sr, hr] = report.images.filter(({id}) => id === String(i));
      expect(Math.abs(sr.lpips! / value - 1)).toBeLessThan(1e-4);
      expect(hr.lpips).toBe(0);
      expect(sr.absent.lpips).toBeUndefined();
    });
    expect(report.images.at(-1)).toMatchObject({
      lpips: null,
      absent: {lpips: "needs a side of at least 31 pixels, the image has 24×24"}
    });
    expect(report.summary.arms.sr.measures.lpips).toMatchObject({n: 3, absent: 1});
    expect(report.summary.comparisons.find(({measure}) => measure === "lpips")).toMatchObject({
      nImages: 3,
      better: "lower"
    });
    const hash = createHash("sha256").update(readFileSync(weights.heads)).digest("hex");
    expect(report.provenance.lpips).toMatchObject({heads: {file: weights.heads, sha256: hash}});
    expect(report.provenance.lpips!.engine).toMatch(/tfjs/);
    expect(schemaErrors(reportJson(report))).toEqual([]);
  });

  it("is absent without weights", async () => {
    const {images, provenance, summary} = await run();
    expect(images[0].lpips).toBeNull();
    expect(provenance.lpips).toBeNull();
    expect(summary.arms.sr.measures.lpips).toBeUndefined();
  });

  it("refuses weights that do not fit before it measures anything, and leaves no tensor behind", async () => {
    const before = tf.memory().numTensors;
    let measured = 0;
    const swapped = {backbone: weights.heads, heads: weights.backbone};
    const options = {onMeasured: () => measured++};
    await expect(run({...options, lpips: swapped})).rejects.toThrow(/heads.safetensors: tensor "features.0.weight"/);
    await expect(run({...options, lpips: {...weights, heads: at("gone.pth")}})).rejects.toThrow("gone.pth");
    const wrong = {hr: at("hr"), sr: [{name: "x", path: writeImages(at("nan"), {})}], ae: []};
    write(join(at("nan"), "0.npy"), {...picture("0"), data: picture("0").data.fill(Number.NaN)});
    await expect(analyse({...wrong, allowMissing: true}, {...quick, lpips: weights})).rejects.toThrow("NaN");
    expect(tf.memory().numTensors).toBe(before);
    expect(measured).toBe(0);
  });

  it.each(["backbone", "heads"])("wants both files, not the %s alone", async (name) => {
    const args = ["--hr", "x", "--sr", "y", "--out", "o", `--lpips-${name}`, "w"];
    await expect(command.run(args)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining("is missing: LPIPS needs both files")
    });
  });

  it.skipIf(!hasShared)("takes the published heads as PyTorch saved them, on the command line", async () => {
    const {code, stdout, stderr} = await bandscope([
      ...["analyse", "--hr", at("hr"), "--sr", `sr=${at("sr")}`, "--out", at("o.json"), "--resamples", "50"],
      ...["--lpips-backbone", weights.backbone, "--lpips-heads", shared("weights/lpips/lpips_v0.1_alex.pth")]
    ]);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain("LPIPS (AlexNet)");
    const {images} = JSON.parse(readFileSync(at("o.json"), "utf8"));
    expected.forEach(([, , , value], i) => {
      expect(Math.abs(images[i].lpips / value - 1)).toBeLessThan(1e-4);
    });
  });
});
