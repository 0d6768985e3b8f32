import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync
} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {afterAll, beforeAll, describe, expect, it} from "vitest";
import {encodePng8, readImage, readNpy} from "../../loaders/images/index.js";
import {psnr} from "../../src/measures/fidelity.js";
import {random} from "../../src/measures/random.js";
import {bandscope, startBandscope} from "../support/bandscope.js";
import {hasShared, shared} from "../support/shared.js";

const weights = [shared("weights/taesd/taesd_encoder.safetensors"), shared("weights/taesd/taesd_decoder.safetensors")];
let folder: string;
let images: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "bandscope-reconstruct-"));
  images = join(folder, "images");
  mkdirSync(images);
  const generator = random("reconstruct");
  for (const [name, width, height] of [
    ["a1", 64, 64],
    ["a2", 64, 64],
    ["a10", 41, 50]
  ] as const) {
    const phase = generator.uniform();
    const data = Float32Array.from(
      {length: width * height},
      (_, i) => 0.5 + 0.4 * Math.sin(((i % width) + i / width) / 9 + phase)
    );
    writeFileSync(join(images, `${name}.png`), encodePng8({data, width, height}));
  }
});
afterAll(() => rmSync(folder, {recursive: true, force: true}));

const run = (out: string, ...more: string[]) =>
  bandscope(["reconstruct", "--weights", ...weights, "--images", images, "--out", out, ...more]);

describe.skipIf(!hasShared)("bandscope reconstruct", () => {
  it("writes an image, its values, its latent and its measures, and says what was padded", async () => {
    const out = join(folder, "out");
    const {code, stdout, stderr} = await run(out, "--latents");
    expect(stderr).toContain("1 image was padded by reflection to multiples of 8");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^3 of 3 images reconstructed in .*, mean PSNR \d+\.\d\d dB\n$/);
    expect(
      readdirSync(out)
        .filter((name) => !/^(measures\.csv|reconstruct\.jsonl)$/.test(name))
        .sort()
    ).toEqual(["a1", "a10", "a2"].flatMap((id) => [`${id}.latent.npy`, `${id}.npy`, `${id}.png`]).sort());
    expect((await readNpy(join(out, "a10.npy"))).shape).toEqual([50, 41]);
    expect((await readNpy(join(out, "a10.latent.npy"))).shape).toEqual([4, 7, 6]);
    // natural order, and the measure is the one of the files that were written
    const rows = readFileSync(join(out, "measures.csv"), "utf8").trim().split("\n");
    expect(rows.slice(1).map((row) => row.split(",")[0])).toEqual(["a1", "a2", "a10"]);
    const measured = psnr(await readImage(join(images, "a1.png")), await readImage(join(out, "a1.npy")));
    expect(Number(rows[1].split(",")[6])).toBeCloseTo(measured, 9);
  });

  it("skips what is done and valid, and does again what was altered or lost", async () => {
    const out = join(folder, "again");
    await run(out);
    const before = Object.fromEntries(readdirSync(out).map((name) => [name, statSync(join(out, name)).mtimeMs]));
    const csv = readFileSync(join(out, "measures.csv"), "utf8");
    rmSync(join(out, "a1.npy"));
    truncateSync(join(out, "a2.png"), 10);
    const {code, stderr} = await run(out);
    expect(code).toBe(0);
    expect(stderr).toContain("1 of 3 images were done already");
    expect(statSync(join(out, "a10.npy")).mtimeMs).toBe(before["a10.npy"]);
    expect((await readImage(join(out, "a2.png"))).width).toBe(64);
    expect(existsSync(join(out, "a1.npy"))).toBe(true);
    expect(readFileSync(join(out, "measures.csv"), "utf8")).toBe(csv);
  });

  it("does not mix the reconstructions of two autoencoders in one folder", async () => {
    const out = join(folder, "mixed");
    await run(out);
    const others = ["encoder", "decoder"].map((half) => shared(`weights/taesd/taesdxl_${half}.safetensors`));
    const args = ["reconstruct", "--weights", ...others, "--images", images, "--out", out];
    const refused = await bandscope(args);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /already holds reconstructions with another weights \([0-9a-f]{12} there, [0-9a-f]{12} now\)/
    );
    expect((await bandscope([...args, "--overwrite"])).code).toBe(0);
  });

  it("finishes the image at hand on Ctrl-C, leaves whole files only, and goes on from there", async () => {
    const many = join(folder, "many");
    mkdirSync(many);
    for (let i = 0; i < 20; i++) copyFileSync(join(images, "a1.png"), join(many, `m${i}.png`));
    const out = join(folder, "interrupted");
    const args = ["reconstruct", "--weights", ...weights, "--images", many, "--out", out, "--batch", "1"];
    const {child, exit} = startBandscope(args);
    while (!existsSync(join(out, "m1.npy"))) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill("SIGINT");
    const {code, stdout} = await exit;
    expect(code).toBe(130);
    const done = Number(stdout.match(/^(\d+) of 20/)?.[1]);
    expect(done).toBeGreaterThanOrEqual(2);
    expect(done).toBeLessThan(20);
    for (const name of readdirSync(out).filter((n) => n.endsWith(".npy")))
      expect((await readNpy(join(out, name))).shape).toEqual([64, 64]);
    const rest = await bandscope(args);
    expect(rest.stderr).toContain(`${done} of 20 images were done already`);
    expect(rest.code).toBe(0);
  });

  it("refuses a second process on the same folder", async () => {
    const out = join(folder, "busy");
    mkdirSync(out);
    const {tryLock} = await import("../../loaders/store/lock.js");
    const lock = tryLock(join(out, ".reconstruct.lock"));
    const {code, stderr} = await run(out);
    if ("release" in lock) lock.release();
    expect(code).toBe(1);
    expect(stderr).toContain(`process ${process.pid} on`);
  });

  it("answers bad input with one sentence and exit status 1 or 2, and writes no image", async () => {
    const broken = join(folder, "broken.safetensors");
    copyFileSync(weights[0], broken);
    truncateSync(broken, 100_000);
    const empty = join(folder, "empty");
    mkdirSync(empty);
    const out = join(folder, "none");
    const cases: [string[], number, RegExp][] = [
      [["--images", images, "--out", out], 2, /--weights is missing; bandscope reconstruct --help/],
      [
        ["--weights", ...weights, "--images", images, "--out", out, "--batch", "0"],
        2,
        /--batch must be a whole number from 1/
      ],
      [["--weights", ...weights, "--images", images, "--out", out, "--engine", "abacus"], 1, /no engine "abacus"/],
      [["--weights", broken, weights[1], "--images", images, "--out", out], 1, /broken\.safetensors/],
      [["--weights", weights[0], "--images", images, "--out", out], 1, /decoder/],
      [["--weights", ...weights, "--images", empty, "--out", out], 1, /no images/],
      [["--weights", ...weights, "--images", join(folder, "nowhere"), "--out", out], 1, /nowhere/]
    ];
    for (const [args, status, message] of cases) {
      const {code, stderr} = await bandscope(["reconstruct", ...args]);
      expect([code, stderr], args.join(" ")).toEqual([status, expect.stringMatching(message)]);
      expect(
        stderr
          .trim()
          .split("\n")
          .filter((line) => line.startsWith("bandscope")),
        args.join(" ")
      ).toHaveLength(1);
    }
    expect(existsSync(out) ? readdirSync(out).filter((n) => /\.(png|npy)$/.test(n)) : []).toEqual([]);
  });
});
