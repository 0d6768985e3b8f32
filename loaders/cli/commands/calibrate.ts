import {readFileSync} from "node:fs";
import {type CalibrationOptions, calibrate, type ScoreCalibration} from "../../../src/measures/calibrate.js";
import type {Image} from "../../../src/measures/image.js";
import {random} from "../../../src/measures/random.js";
import {json} from "../../analyse/report.js";
import {sha256, writeFileAtomic} from "../../files.js";
import {decodeImage, type ImageFile, listImages} from "../../images/index.js";
import {version} from "../../version.js";
import {type Command, numberOption, parseCommandLine, UsageError} from "../command.js";
import {requireFiles} from "../outputs.js";
import {Progress} from "../progress.js";

export const command: Command = {
  summary: "which measures tell a planted lesion from mere noise and blur?",
  help: `
bandscope calibrate: which measures tell a planted lesion from mere noise and blur?

Usage: bandscope calibrate --hr DIR [OPTION…]

  --hr DIR          images to try it on (PNG, JPEG, TIFF, .npy): a folder, or a text file with a path a line

Each image is degraded honestly (noise; blur), and gets a lesion that was never there: a disc with a soft edge, at a
random place on bright tissue. Every measure of bandscope is taken as a score that should be higher where something was
made up. The area under its ROC curve (AUC) is the chance that it is: 1 always, 0.5 it knows nothing, below 0.5 it
prefers the fabrication. A measure that cannot tell the two apart measures no hallucination, whatever its name.

Options:
  --images N        so many images, chosen by the seed (default 20; all where there are fewer)
  --contrast C      of the lesion, grey levels of [0, 1] (default 0.2); a dark one: --contrast=-0.2
  --diameter PX     of the lesion, full width at half maximum (default 10)
  --noise SD        standard deviation of the white noise, grey levels (default 0.02)
  --blur PX         standard deviation of the Gaussian blur (default 1)
  --factor N        down-sampling factor of the measures that ask what the LR image says (default 4)
  --seed N          of choice, noise and place (default 1)
  --recursive       look for images in sub-folders too
  --out FILE        all of it as JSON (data/schemas/calibrate.schema.json): ROC points, each image's scores, provenance

The table on stdout, best first: the score; its AUC for HR + lesion against HR + noise and HR + blur (does it tell
fabrication from honest imperfection?); in noise, and in blur, for the same degraded image with the lesion against
without (does it see the lesion at all?). A score that no image has (MS-SSIM under 176 pixels) is –.

Examples:
  bandscope calibrate --hr data/brain
  bandscope calibrate --hr data/brain --images 50 --contrast=-0.1 --diameter 6 --out out/calibration.json

Exit status: 0 done; 1 something is wrong with a file; 2 the command line is wrong.`,
  async run(argv) {
    const {values} = parseCommandLine({
      args: argv,
      options: {
        hr: {type: "string"},
        images: {type: "string", default: "20"},
        contrast: {type: "string", default: "0.2"},
        diameter: {type: "string", default: "10"},
        noise: {type: "string", default: "0.02"},
        blur: {type: "string", default: "1"},
        factor: {type: "string", default: "4"},
        seed: {type: "string", default: "1"},
        recursive: {type: "boolean"},
        out: {type: "string"}
      }
    });
    if (values.hr === undefined) throw new UsageError("--hr is missing");
    const wanted = numberOption("images", values.images, {min: 1, max: 100_000, integer: true});
    const options = {
      lesion: {
        contrast: numberOption("contrast", values.contrast, {min: -1, max: 1}),
        diameter: numberOption("diameter", values.diameter, {min: 1, max: 10_000})
      },
      noise: numberOption("noise", values.noise, {min: 0, max: 1}),
      blur: numberOption("blur", values.blur, {min: 0.1, max: 100}),
      factor: numberOption("factor", values.factor, {min: 1, max: 64, integer: true}),
      seed: numberOption("seed", values.seed, {min: 0, max: 0xffffffff, integer: true})
    } satisfies CalibrationOptions;
    requireFiles({out: values.out});

    const all = listImages([values.hr], {recursive: values.recursive});
    const files = choose(all, wanted, options.seed);
    if (all.length < wanted)
      process.stderr.write(`note: ${values.hr} has ${all.length} of the ${wanted} images; all are taken\n`);
    const {images, hash} = await read(files);
    const progress = new Progress("calibrate", images.length, "images");
    const scores = calibrate(images, {...options, onImage: () => progress.advance()});
    progress.finish();
    scores.sort(byAuc);

    if (values.out !== undefined) {
      const head = {
        format: "bandscope-calibration",
        version: 1,
        provenance: {
          bandscope: version,
          node: process.version,
          date: new Date().toISOString(),
          inputs: {hr: {folder: values.hr, images: files.length, sha256: hash}},
          options: {
            images: wanted,
            ...options.lesion,
            noise: options.noise,
            blur: options.blur,
            factor: options.factor,
            seed: options.seed
          }
        },
        images: files.map(({id}) => id)
      };
      const lines = Object.entries(head).map(([key, value]) => `${JSON.stringify(key)}: ${json(value)}`);
      lines.push(`"scores": [\n${scores.map(json).join(",\n")}\n]`);
      writeFileAtomic(values.out, `{\n${lines.join(",\n")}\n}\n`);
    }
    process.stdout.write(table(scores));
    return 0;
  }
};

/** `n` of the images, the same for the same seed and ids; in their order. */
export function choose(files: readonly ImageFile[], n: number, seed: number): ImageFile[] {
  const order = random("calibrate images", seed).shuffle(files.map((_, i) => i));
  const chosen = new Set(order.slice(0, n));
  return files.filter((_, i) => chosen.has(i));
}

async function read(files: readonly ImageFile[]): Promise<{images: Image[]; hash: string}> {
  const images: Image[] = [];
  const hashes: string[] = [];
  for (const {id, path} of files) {
    const bytes = readFileSync(path);
    hashes.push(`${id}\t${sha256(bytes)}\n`);
    images.push({id, ...(await decodeImage(bytes, path))});
  }
  return {images, hash: sha256(hashes.join(""))};
}

/** Best first; what is absent comes last. */
function byAuc(a: ScoreCalibration, b: ScoreCalibration): number {
  for (const column of ["against", "inNoise", "inBlur"] as const) {
    const difference = (b[column]?.auc ?? -1) - (a[column]?.auc ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

function table(scores: readonly ScoreCalibration[]): string {
  const auc = (roc: ScoreCalibration["against"]) => (roc === null ? "–" : roc.auc.toFixed(3));
  const rows = [
    ["score", "AUC against noise and blur", "in noise", "in blur"],
    ...scores.map(({score, against, inNoise, inBlur}) => [score, auc(against), auc(inNoise), auc(inBlur)])
  ];
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows
    .map(([score, ...rest]) =>
      [score.padEnd(widths[0]), ...rest.map((cell, i) => cell.padStart(widths[i + 1]))].join("  ")
    )
    .map((line) => `${line}\n`)
    .join("");
}
