import {statSync} from "node:fs";
import {availableParallelism} from "node:os";
import {basename, resolve} from "node:path";
import type {AnalysisReport} from "../../../src/measures/tables/analysis.js";
import {tidyCsv} from "../../../src/measures/tables/csv.js";
import {summaryLatex} from "../../../src/measures/tables/latex.js";
import {tidyRows} from "../../../src/measures/tables/tidy.js";
import {analyse} from "../../analyse/analyse.js";
import {tidyArrow} from "../../analyse/arrow.js";
import type {ArmInput} from "../../analyse/plan.js";
import {reportJson} from "../../analyse/report.js";
import {summaryText} from "../../analyse/summary-text.js";
import {writeFileAtomic} from "../../files.js";
import {type Command, numberOption, parseCommandLine, UsageError} from "../command.js";
import {requireFiles} from "../outputs.js";
import {Progress} from "../progress.js";

/** A small job is done before a thread has started. */
const PAIRS_PER_THREAD = 8;

export const command: Command = {
  summary: "measure any outputs against their HR images, and compare arms",
  help: `
bandscope analyse: measure any outputs against their HR images, and compare arms

Usage: bandscope analyse --hr DIR --sr [NAME=]DIR… --out FILE [OPTION…]

  --hr DIR          the true images (PNG, JPEG, TIFF, .npy); a text file with a path a line will do, here and below
  --sr [NAME=]DIR   an arm's outputs, from whatever tool; repeatable. Files pair with those of --hr by their
                    name without extension. NAME@3 says that they were made with seed 3. Default name: the folder's
  --out FILE        gets the JSON (data/schemas/analyse.schema.json): every measure of each image, a summary per arm,
                    paired comparisons of the arms, the pairing audit, and where all came from

Options:
  --ae [NAME=]DIR   the autoencoder's own reconstructions of HR: of one arm (NAME as in --sr), or of all; repeatable.
                    Threshold rates and the split of the error need them
  --lr DIR          the images that the outputs were made from: measurement consistency, measured and invented part
  --factor N        down-sampling factor (antialiased bicubic) where there is no --lr
  --masks DIR       regions of interest: pixels that are not zero are inside. Fidelity inside and outside, for the
                    images that have a mask of their name (PNG, TIFF, .npy)
  --sfrc            also scan 64×64 tiles for lost ring correlation: the worst place, and with --lr or --factor how
                    many tiles lose what the LR image shows
  --lpips-backbone FILE, --lpips-heads FILE
                    torchvision's AlexNet (alexnet-owt-7be5be79.pth) and LPIPS' linear layers (v0.1, alex.pth), or
                    the same as safetensors: LPIPS, which is absent without. BANDSCOPE_ENGINE names the engine
  --patients P      a CSV file (a column id, image or file; a column patient or subject), or a regular expression
                    with a group: "^(.+)_[a-z]$". Tests then run on patients' means, intervals resample patients
  --margin DB       also test equivalence of PSNR within ± this margin (TOST)
  --allow-missing   measure the pairs that there are, and report how many are not
  --recursive       look for images in sub-folders too
  --csv FILE        every number as a row: image, patient, arm, seed, measure, flavour, value, unit
  --arrow FILE      the same as an Arrow file
  --latex FILE      the summary as booktabs tables
  --workers N       threads (default: one a processor; 0: none)
  --resamples N     bootstrap resamples (default 10000)
  --seed N          of the bootstrap (default 1)

Published flavours, comparable with the study: psnr of bands, radial_log_power, hallucination. An infinite PSNR (equal
images) is the text "Infinity" and is left out of means, which say so. A null says why in "absent". An arm given with
several seeds (--sr a@1=… --sr a@2=…) gets the spread over them in the summary: does it know where it errs?

Examples:
  bandscope analyse --hr data/brain --sr ae=out/brain --out out/brain.json
  bandscope analyse --hr hr --sr medvae=sr-medvae --sr sdvae=sr-sdvae --ae medvae=ae-medvae --ae sdvae=ae-sdvae \\
    --lr lr --patients manifest.csv --out study.json --csv study.csv --latex study.tex

Exit status: 0 done; 1 something is wrong with a file or the machine; 2 the command line is wrong;
3 done, but the audit says that outputs do not belong to the HR images of the same name.`,
  async run(argv) {
    const {values} = parseCommandLine({
      args: argv,
      options: {
        hr: {type: "string"},
        sr: {type: "string", multiple: true},
        ae: {type: "string", multiple: true},
        lr: {type: "string"},
        factor: {type: "string"},
        masks: {type: "string"},
        sfrc: {type: "boolean"},
        "lpips-backbone": {type: "string"},
        "lpips-heads": {type: "string"},
        patients: {type: "string"},
        margin: {type: "string"},
        "allow-missing": {type: "boolean"},
        recursive: {type: "boolean"},
        csv: {type: "string"},
        arrow: {type: "string"},
        latex: {type: "string"},
        workers: {type: "string"},
        resamples: {type: "string"},
        seed: {type: "string"},
        out: {type: "string"}
      }
    });
    const {hr, out, lr, masks, patients, sfrc, recursive} = values;
    if (hr === undefined) throw new UsageError("--hr is missing");
    if (values.sr === undefined) throw new UsageError("--sr is missing");
    if (out === undefined) throw new UsageError("--out is missing");
    const number = (
      name: "factor" | "margin" | "workers" | "resamples" | "seed",
      min: number,
      max: number,
      integer = true
    ) => (values[name] === undefined ? undefined : numberOption(name, values[name], {min, max, integer}));
    const factor = number("factor", 1, 64);
    const margin = number("margin", 1e-6, 1000, false);
    const resamples = number("resamples", 1, 10_000_000) ?? 10_000;
    const seed = number("seed", 0, 0xffffffff) ?? 1;
    const threads = number("workers", 0, 256);
    const sr = arms(values.sr);
    const ae = (values.ae ?? []).map((text) => autoencoder(text, sr));
    const names = ae.map(({name}) => name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) throw new UsageError(`--ae is given twice for ${twice ?? "all arms"}`);
    const {"lpips-backbone": backbone, "lpips-heads": heads} = values;
    if ((backbone === undefined) !== (heads === undefined)) {
      throw new UsageError(
        `--lpips-${backbone === undefined ? "backbone" : "heads"} is missing: LPIPS needs both files`
      );
    }
    requireFiles({out, csv: values.csv, arrow: values.arrow, latex: values.latex});

    let measuring: Progress | undefined;
    let perceiving: Progress | undefined;
    let comparing: Progress | undefined;
    const report = await analyse(
      {hr, sr, ae, lr, masks, sfrc, patients, factor, allowMissing: values["allow-missing"], recursive},
      {
        workers: (images) => threads ?? Math.min(availableParallelism(), Math.floor(images / PAIRS_PER_THREAD)),
        resamples,
        seed,
        margin,
        onMeasured: (total) => {
          measuring ??= new Progress("measure", total, "images");
          measuring.advance();
        },
        lpips: backbone === undefined ? undefined : {backbone, heads: heads!},
        onLpips: (total) => {
          measuring?.finish();
          perceiving ??= new Progress("LPIPS", total, "pairs");
          perceiving.advance();
        },
        onCompared: (total) => {
          measuring?.finish();
          perceiving?.finish();
          comparing ??= new Progress("compare", total, "tests");
          comparing.advance();
        },
        onNote: (note) => process.stderr.write(`${note}\n`)
      }
    ).finally(() => {
      measuring?.finish();
      perceiving?.finish();
      comparing?.finish();
    });

    if (values.csv !== undefined) writeFileAtomic(values.csv, tidyCsv(tidyRows(report.images)));
    if (values.arrow !== undefined) writeFileAtomic(values.arrow, tidyArrow(tidyRows(report.images)));
    if (values.latex !== undefined) writeFileAtomic(values.latex, summaryLatex(report.summary));
    writeFileAtomic(out, reportJson(report));
    process.stdout.write(summaryText(report));
    return sayPairing(report.pairing) ? 0 : 3;
  }
};

/** Says on stderr what the audit found, loudly where it found something. False when an arm is mispaired. */
function sayPairing(pairing: AnalysisReport["pairing"]): boolean {
  let paired = true;
  for (const [arm, {verdict, sentence}] of Object.entries(pairing)) {
    const wrong = verdict === "mispaired" || verdict === "unrelated";
    if (wrong) paired = false;
    process.stderr.write(`${wrong ? "\n*** WARNING *** " : ""}${arm}: ${sentence}\n`);
    if (wrong)
      process.stderr.write("Every measure of this arm compares an output with the wrong image; it means nothing.\n");
  }
  return paired;
}

/** `NAME=DIR`, or a folder that gives its own name. A folder whose name has an = in it is still found. */
function named(text: string): {name: string | null; path: string} {
  const match = /^([^=/\\]+)=(.+)$/.exec(text);
  if (match === null || statSync(text, {throwIfNoEntry: false}) !== undefined) return {name: null, path: text};
  return {name: match[1], path: match[2]};
}

function arms(texts: readonly string[]): ArmInput[] {
  const list = texts.map((text) => {
    const {name, path} = named(text);
    return {name: name ?? basename(resolve(path)), path};
  });
  for (const [i, {name}] of list.entries()) {
    if (list.findIndex((arm) => arm.name === name) !== i) {
      throw new UsageError(`two arms are called ${name}; name them: --sr NAME=DIR`);
    }
  }
  return list;
}

function autoencoder(text: string, sr: readonly ArmInput[]): {name: string | null; path: string} {
  const input = named(text);
  if (input.name !== null && !sr.some(({name}) => name === input.name)) {
    throw new UsageError(
      `--ae ${text}: no --sr is called ${input.name}; there are ${sr.map(({name}) => name).join(", ")}`
    );
  }
  return input;
}
