import {realpathSync} from "node:fs";
import {join} from "node:path";
import {engineNames, isGpuEngine} from "../../../models/engines/engine.js";
import {batchAccelerator, startEngine} from "../../../models/engines/index.js";
import {InputError} from "../../../models/errors.js";
import {type SamplerName, samplerNames} from "../../../models/generators/generator.js";
import type {Image} from "../../../src/measures/image.js";
import {sha256, sha256File, writeFileAtomic} from "../../files.js";
import {encodeNpy, encodePng8, type ImageFile, listImages, readImage} from "../../images/index.js";
import {batches, batchFor} from "../../reconstruct/batches.js";
import {csvCell, type Fidelity, fidelity, fidelityCells, fidelityHeader, meanPsnr} from "../../reconstruct/fidelity.js";
import {Journal, type JournalEntry} from "../../reconstruct/journal.js";
import {tryLock} from "../../store/lock.js";
import {openLatent} from "../../super-resolve/latent.js";
import {References} from "../../super-resolve/references.js";
import {openRegression} from "../../super-resolve/regression.js";
import type {SuperResolver} from "../../super-resolve/superResolver.js";
import {type Command, numberOption, parseCommandLine, spreadValues, UsageError} from "../command.js";
import {Interrupt} from "../interrupt.js";
import {Progress} from "../progress.js";

const names = {file: "super-resolve.jsonl", things: "super-resolved images"};

export const command: Command = {
  summary: "enlarge LR images four times, with a latent generator or a regression network",
  help: `
bandscope super-resolve: enlarge LR images four times, with a latent generator or a regression network

Usage: bandscope super-resolve --weights FILE… --generator FILE --images PATH… --out DIR [OPTION…]
       bandscope super-resolve --baseline FILE --images PATH… --out DIR [OPTION…]

The first is the study's pipeline: the autoencoder's encoder (the mean, unless the generator was trained on sampled
latents) on the LR image, that latent resized bilinearly to the HR latent's size, the U-Net on the noisy and the LR latent,
a sampler, the autoencoder's decoder, the channels' mean.

  --weights FILE…   the autoencoder: a checkpoint, an encoder and a decoder, or a folder (safetensors or PyTorch)
  --generator FILE  what bandscope train made; a Lightning checkpoint of the study (diffusion, with a schedule, or flow
                    matching); or the folder of a diffusers U-Net with its scheduler_config.json
  --baseline FILE   a regression network instead: RLFN, RFDN, CARN-M, or VDSR (on a bicubic enlargement)
  --images PATH…    the LR images: folders, image files (PNG, JPEG, TIFF, .npy), or a text file with a path a line
  --out DIR         gets, for each image, <id>.png (8 bit) and <id>.npy (float32, height × width, in [0, 1]), four times
                    the LR image's sides; and super-resolve.jsonl (what was made from what)

Of the generator:
  --sampler NAME    ddim, ddpm (over the whole schedule) or published (the study's own: the schedule's first steps only,
                    from half the noise) for a diffusion model, euler or heun for a flow (default: ddim, euler)
  --steps N         of the sampler (default 20); for published, how many of the schedule's entries are walked
  --zlr-init        start from the LR latent in place of noise (default: as the checkpoint says)
  --seed N          of the noise (default 1); an image's noise depends on the seed and its id, not on its place
  --seeds K         seeds 1 to K, into DIR/seed1 … DIR/seedK
  --latent-size S   side of the HR latent, or HEIGHTxWIDTH (default: four times the LR latent's)

Options:
  --hr PATH…        the HR images, by the same file names: writes measures.csv (MSE, MAE, PSNR, SSIM)
  --recursive       look for images in sub-folders too
  --batch N         images a batch (default: on a GPU, and where native threads share a batch, as many as fit in about half a
                    gigabyte, at most 8; else 1)
  --engine NAME     ${engineNames.join(", ")} (default: the best that works here; BANDSCOPE_ENGINE)
  --overwrite       replace images that were made with other weights or settings

Run it again and it goes on where it was cut off: images that are done, and whose files are unaltered, are skipped.
An image whose sides the autoencoder or the U-Net does not divide is padded by reflection and cropped back.

Examples:
  bandscope super-resolve --weights medical-f4c3.safetensors --generator medical-f4c3.x0.safetensors --images lr --out sr
  bandscope super-resolve --weights kl-f4.ckpt --generator last.ckpt --images lr --out sr --hr hr
  bandscope super-resolve --weights kl-f4.ckpt --generator last.ckpt --sampler published --seeds 5 --images lr --out sr
  bandscope super-resolve --baseline rlfn_x4.safetensors --images lr --out rlfn
  bandscope analyse --hr hr --sr klf4@1=sr/seed1 --sr klf4@2=sr/seed2 --sr rlfn=rlfn --out sr.json

Exit status: 0 done; 1 something is wrong with a file or the machine; 2 the command line is wrong; 130 Ctrl-C.`,
  async run(argv) {
    const request = parse(argv);
    const {images, out, recursive} = request;
    const files = listImages(images, {recursive});
    if (files.length === 0) throw new InputError(`there are no images in ${images.join(", ")}`);
    const references = request.hr && References.open(request.hr, files, recursive);
    const folders =
      request.seeds === undefined
        ? [{seed: request.seed, folder: out}]
        : Array.from({length: request.seeds}, (_, i) => ({seed: i + 1, folder: join(out, `seed${i + 1}`)}));

    const engine = await startEngine(request.engine as Parameters<typeof startEngine>[0]);
    const resolver = await request.open();
    const interrupt = new Interrupt("stopping after this image; run the same command again to go on");
    try {
      process.stderr.write(
        `${resolver.description}; engine ${engine.name} (${engine.version}${engine.threads ? `, ${engine.threads} threads` : ""})\n`
      );
      if (folders.length > 1 && !resolver.seeded)
        process.stderr.write("without noise all seeds give the same images; --sampler ddpm has noise in each step\n");
      interrupt.listen();
      // else a larger batch is not faster, and more is lost when it is cut off
      const together = isGpuEngine(engine.name) || batchAccelerator() !== undefined;
      const batch = (image: Image): number => {
        const {width, height} = resolver.outputSize(image);
        return request.batch ?? (together ? batchFor(width, height) : 1);
      };
      const job = {resolver, files, references, batch, interrupt, overwrite: request.overwrite};
      for (const {seed, folder} of folders) {
        if (interrupt.requested) break;
        const label = folders.length > 1 ? `seed ${seed}` : "super-resolve";
        const done = await fill(folder, {...job, seed, label, engine: `${engine.name} (${engine.version})`});
        process.stdout.write(`${done}\n`);
      }
      return interrupt.requested ? 130 : 0;
    } finally {
      interrupt.ignore();
      resolver.dispose();
    }
  }
};

interface Request {
  readonly images: string[];
  readonly out: string;
  readonly hr?: string[];
  readonly recursive: boolean;
  readonly overwrite: boolean;
  readonly seed: number;
  readonly seeds?: number;
  readonly batch?: number;
  readonly engine?: string;
  open(): Promise<SuperResolver>;
}

function parse(argv: string[]): Request {
  const {values} = parseCommandLine({
    args: spreadValues(argv, ["--weights", "--images", "--hr"]),
    options: {
      weights: {type: "string", multiple: true},
      generator: {type: "string"},
      baseline: {type: "string"},
      images: {type: "string", multiple: true},
      out: {type: "string"},
      hr: {type: "string", multiple: true},
      sampler: {type: "string"},
      steps: {type: "string"},
      "zlr-init": {type: "boolean"},
      seed: {type: "string"},
      seeds: {type: "string"},
      "latent-size": {type: "string"},
      recursive: {type: "boolean"},
      batch: {type: "string"},
      engine: {type: "string"},
      overwrite: {type: "boolean"}
    }
  });
  const {weights, generator, baseline, images, out} = values;
  if (baseline !== undefined) {
    const own = ["weights", "generator", "sampler", "steps", "zlr-init", "seed", "seeds", "latent-size"] as const;
    const other = own.find((name) => values[name] !== undefined);
    if (other) throw new UsageError(`--${other} does not go with --baseline, which has no generator`);
  } else {
    if (!weights && !generator) throw new UsageError("--weights and --generator are missing, or --baseline");
    if (!weights) throw new UsageError("--weights (the autoencoder) is missing");
    if (!generator) throw new UsageError("--generator is missing");
  }
  if (!images) throw new UsageError("--images is missing");
  if (!out) throw new UsageError("--out is missing");
  if (values.seed !== undefined && values.seeds !== undefined)
    throw new UsageError("--seed names one seed, --seeds the first ones: give either");
  const whole = (name: "steps" | "seed" | "seeds" | "batch", min: number, max: number) => {
    const text = values[name];
    return text === undefined ? undefined : numberOption(name, text, {min, max, integer: true});
  };
  const options = {
    sampler: samplerOption(values.sampler),
    steps: whole("steps", 1, 100_000),
    zlrInit: values["zlr-init"],
    latentSize: sizeOption(values["latent-size"])
  };
  return {
    images,
    out,
    hr: values.hr,
    recursive: values.recursive ?? false,
    overwrite: values.overwrite ?? false,
    seed: whole("seed", 0, 0xffffffff) ?? 1,
    seeds: whole("seeds", 1, 1000),
    batch: whole("batch", 1, 64),
    engine: values.engine,
    open: () => (baseline === undefined ? openLatent(weights!, generator!, options) : openRegression(baseline))
  };
}

function samplerOption(text: string | undefined): SamplerName | undefined {
  if (text === undefined || (samplerNames as readonly string[]).includes(text)) return text as SamplerName | undefined;
  throw new UsageError(`--sampler must be ${samplerNames.join(", ")}, not ${JSON.stringify(text)}`);
}

function sizeOption(text: string | undefined): [number, number] | undefined {
  if (text === undefined) return undefined;
  const sides = /^([1-9]\d{0,3})(?:[x×]([1-9]\d{0,3}))?$/.exec(text);
  if (!sides) throw new UsageError(`--latent-size must be like 64 or 64x48, not ${JSON.stringify(text)}`);
  return [Number(sides[1]), Number(sides[2] ?? sides[1])];
}

interface Job {
  readonly resolver: SuperResolver;
  readonly files: readonly ImageFile[];
  readonly references?: References;
  readonly seed: number;
  readonly label: string;
  readonly engine: string;
  readonly interrupt: Interrupt;
  readonly overwrite: boolean;
  batch(image: Image): number;
}

/** Makes what is missing in one folder, and resolves to a line that says what is there. */
async function fill(folder: string, job: Job): Promise<string> {
  const {resolver, files, seed} = job;
  const lock = tryLock(join(folder, ".super-resolve.lock"));
  if (!("release" in lock))
    throw new InputError(`${lock.holder} is writing to ${folder}: wait for it, or name another --out`);
  const progress = new Progress(job.label, files.length * resolver.steps, resolver.steps > 1 ? "steps" : "images");
  try {
    requireApart(folder, files);
    const settings = resolver.seeded ? {...resolver.settings, seed} : resolver.settings;
    const journal = Journal.open<JournalEntry>(folder, settings, job.overwrite, names);
    const hashes = new Map<string, string>();
    let skipped = 0;
    async function* todo(): AsyncGenerator<Image> {
      for (const {id, path} of files) {
        if (job.interrupt.requested) return;
        const hash = await sha256File(path);
        if (await journal.isDone(id, hash, [`${id}.png`, `${id}.npy`])) {
          skipped++;
          progress.advance(resolver.steps);
          continue;
        }
        hashes.set(id, hash);
        const image = {...(await readImage(path)), id};
        // what can't be compared should be said before it is made
        await job.references?.read(id, resolver.outputSize(image));
        yield image;
      }
    }
    let padded = 0;
    for await (const images of batches(todo(), job.batch)) {
      const results = await resolver.run(images, seed, () => progress.advance(images.length, images[0].id));
      for (const {image, output, padded: wasPadded} of results) {
        const contents: Record<string, Uint8Array> = {
          [`${image.id}.png`]: encodePng8(output),
          [`${image.id}.npy`]: encodeNpy(output.data as Float32Array, [output.height, output.width])
        };
        for (const [file, bytes] of Object.entries(contents)) writeFileAtomic(join(folder, file), bytes);
        journal.add({
          id: image.id,
          input_sha256: hashes.get(image.id)!,
          width: image.width,
          height: image.height,
          padded: wasPadded,
          engine: job.engine,
          outputs: Object.fromEntries(Object.entries(contents).map(([file, bytes]) => [file, sha256(bytes)]))
        });
        hashes.delete(image.id);
        if (wasPadded) padded++;
      }
    }
    progress.finish();
    const done = files.flatMap(({id}) => journal.entries.get(id) ?? []);
    if (skipped > 0) process.stderr.write(`${skipped} of ${files.length} images were done already\n`);
    if (padded > 0) {
      process.stderr.write(
        `${padded} ${padded === 1 ? "image was" : "images were"} padded by reflection and cropped back\n`
      );
    }
    const measured = job.references ? await measure(folder, done, job.references, settings) : "";
    return `${done.length} of ${files.length} images super-resolved in ${folder}${measured}`;
  } finally {
    lock.release();
  }
}

/** Outputs have the images' names: they must not replace them. */
function requireApart(folder: string, files: readonly ImageFile[]): void {
  const real = realpathSync(folder);
  const inside = files.find(({id, path}) =>
    [`${id}.png`, `${id}.npy`].some((name) => realpathSync(path) === join(real, name))
  );
  if (inside)
    throw new InputError(`${inside.path} lies in ${folder}, where its output would replace it: name another --out`);
}

/** Measures what lies in the folder against the HR images, and writes measures.csv. */
async function measure(
  folder: string,
  done: readonly JournalEntry[],
  references: References,
  settings: SuperResolver["settings"]
): Promise<string> {
  const progress = new Progress("measure", done.length, "images");
  const all: Fidelity[] = [];
  const rows: string[] = [];
  const text = csvCell(JSON.stringify(settings));
  for (const {id, width, height, padded, engine} of done) {
    const output = await readImage(join(folder, `${id}.npy`));
    const measured = fidelity(await references.read(id, output), output);
    all.push(measured);
    rows.push([csvCell(id), width, height, padded, fidelityCells(measured), text, csvCell(engine)].join(","));
    progress.advance(1, `${(measured.psnr_db ?? Infinity).toFixed(2)} dB`);
  }
  progress.finish();
  const header = `id,width,height,padded,${fidelityHeader},settings,engine`;
  writeFileAtomic(join(folder, "measures.csv"), `${[header, ...rows].join("\n")}\n`);
  return meanPsnr(all);
}
