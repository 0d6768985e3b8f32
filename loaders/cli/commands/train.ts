import {spawnSync} from "node:child_process";
import {appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import {initKl, klArchitecture, klCheckpoint, klVariables} from "../../../models/autoencoders/init.js";
import {klAutoencoder} from "../../../models/autoencoders/kl.js";
import {encodeSafetensors, type TensorToWrite} from "../../../models/checkpoints/encode-safetensors.js";
import {openCheckpoint} from "../../../models/checkpoints/open.js";
import {type Engine, engineNames, startEngine} from "../../../models/engines/index.js";
import {InputError} from "../../../models/errors.js";
import {AutoencoderTrainer, type TrainingStep} from "../../../models/training/autoencoder.js";
import {psnr} from "../../../src/measures/fidelity.js";
import type {Plane} from "../../../src/measures/image.js";
import {sha256, writeFileAtomic} from "../../files.js";
import {reconstruct} from "../../reconstruct/reconstruct.js";
import {type Json, recipeHash} from "../../store/canonical.js";
import {tryLock} from "../../store/lock.js";
import {batchOf, poolSize, trainingImages, validationImages} from "../../training/pool.js";
import {readRecipe, type TrainingRecipe} from "../../training/recipe.js";
import {version} from "../../version.js";
import {type Command, numberOption, parseCommandLine, UsageError} from "../command.js";
import {Progress} from "../progress.js";

export const command: Command = {
  summary: "train a small autoencoder on simulated images",
  help: `
bandscope train: train a small autoencoder on simulated images

Usage: bandscope train RECIPE.json [--work DIR] [--out DIR] [OPTION…]

A recipe says what to train on, the architecture, and the optimizer's settings: data/training/*.json are those of the
autoencoders that the site ships. Cut it off anywhere; the same command goes on from the last checkpoint, and gives the same
weights as if it had not been interrupted.

Options:
  --work DIR          where checkpoints and the loss curve go (default: out/training/<id>)
  --out DIR           gets <id>.safetensors (float16) and <id>.json, the record (default: models/weights)
  --checkpoint MIN    minutes between two checkpoints (default: 2)
  --engine NAME       ${engineNames.join(", ")} (default: the best that works here; BANDSCOPE_ENGINE)
  --restart           forget the checkpoints and begin anew

Exit status: 0 done; 1 something is wrong; 2 the command line is wrong; 130 Ctrl-C (a checkpoint is written first).`,
  async run(argv) {
    const {values, positionals} = parseCommandLine({
      args: argv,
      allowPositionals: true,
      options: {
        work: {type: "string"},
        out: {type: "string"},
        checkpoint: {type: "string"},
        engine: {type: "string"},
        restart: {type: "boolean"}
      }
    });
    if (positionals.length !== 1) throw new UsageError("name one recipe");
    const minutes = numberOption("checkpoint", values.checkpoint ?? "2", {min: 0.01});
    const recipe = readRecipe(positionals[0]);
    const work = values.work ?? join("out", "training", recipe.id);
    mkdirSync(work, {recursive: true});
    const lock = tryLock(join(work, ".lock"));
    if (!("release" in lock)) throw new InputError(`${lock.holder} is training in ${work}`);
    try {
      const engine = await startEngine(values.engine as Parameters<typeof startEngine>[0]);
      return await train(
        recipe,
        work,
        values.out ?? join("models", "weights"),
        engine,
        minutes,
        values.restart ?? false
      );
    } finally {
      lock.release();
    }
  }
};

/** What a checkpoint says beside its tensors. */
interface Progressed {
  readonly steps: number;
  readonly seconds: number;
}

async function train(
  recipe: TrainingRecipe,
  work: string,
  out: string,
  engine: Engine,
  minutes: number,
  restart: boolean
): Promise<number> {
  const architecture = klArchitecture(recipe.architecture);
  const variables = klVariables(initKl(recipe.architecture, recipe.training.seed), architecture);
  const trainer = new AutoencoderTrainer(variables, architecture, recipe.training);
  const autoencoder = klAutoencoder(trainer.weights(), architecture);
  const recipeId = recipeHash(recipe as unknown as Json);
  process.stderr.write(
    `${recipe.id}: ${autoencoder.parameters.toLocaleString("en")} parameters, ${recipe.training.steps} steps; engine ${engine.name} (${engine.version})\n`
  );

  const stateFile = join(work, "training.safetensors");
  const lossFile = join(work, "loss.jsonl");
  let seconds = 0;
  if (existsSync(stateFile) && !restart) {
    const done = restore(stateFile, recipeId, trainer);
    seconds = done.seconds;
    // steps after the checkpoint are taken again
    const kept = readLosses(lossFile).filter(({step}) => step < done.steps);
    writeFileAtomic(lossFile, kept.map((line) => `${JSON.stringify(line)}\n`).join(""));
    process.stderr.write(`goes on after step ${done.steps}\n`);
  } else writeFileSync(lossFile, "");

  // the simulated images are what the code makes them: a record must say which code
  const commit = gitCommit();
  const making = new Progress("simulate", poolSize(recipe.pool), "images");
  const images = trainingImages(recipe.pool, () => making.advance());
  making.finish();

  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  const {steps, seed} = recipe.training;
  const progress = new Progress("train", steps - trainer.steps, "steps");
  let began = performance.now();
  const save = () => {
    seconds += (performance.now() - began) / 1000;
    began = performance.now();
    const tensors: TensorToWrite[] = Object.entries(trainer.state()).map(([name, tensor]) => ({
      name,
      shape: tensor.shape,
      values: tensor.dataSync() as Float32Array
    }));
    const metadata = {recipe: recipeId, steps: String(trainer.steps), seconds: String(seconds)};
    writeFileAtomic(stateFile, encodeSafetensors(tensors, {metadata}));
  };
  let saved = performance.now();
  while (trainer.steps < steps && !interrupted) {
    const batch = batchOf(images, seed, trainer.steps, recipe.batch, recipe.crop);
    const report = trainer.step(batch);
    batch.dispose();
    appendFileSync(lossFile, `${JSON.stringify(report)}\n`);
    progress.advance(1, `L1 ${report.l1.toFixed(4)}`);
    if (performance.now() - saved > minutes * 60_000) {
      save();
      saved = performance.now();
    }
    await new Promise((resolve) => setImmediate(resolve)); // lets signals in
  }
  progress.finish();
  save();
  process.off("SIGINT", interrupt);
  process.off("SIGTERM", interrupt);
  if (interrupted) {
    process.stderr.write(`stopped after step ${trainer.steps} of ${steps}; the same command goes on\n`);
    return 130;
  }

  const validation = await meanPsnr(validationImages(recipe.pool, 4), autoencoder);
  const weights = klCheckpoint(trainer.weights(), architecture);
  const tensors = [...weights.tensors.values()].map(({name, shape}) => ({name, shape, values: weights.read(name)}));
  const bytes = encodeSafetensors(tensors, {
    dtype: "F16",
    metadata: {norm_num_groups: String(recipe.architecture.normGroups), id: recipe.id}
  });
  writeFileAtomic(join(out, `${recipe.id}.safetensors`), bytes);
  const {channels, factor} = autoencoder.geometry;
  const record = {
    id: recipe.id,
    trained: true,
    domain: recipe.domain,
    licence: recipe.licence,
    sha256: sha256(bytes),
    dtype: "F16",
    geometry: {channels, factor},
    imageChannels: autoencoder.imageChannels,
    parameters: autoencoder.parameters,
    recipe,
    training: {
      steps,
      seed,
      engine: `${engine.name} (${engine.version})`,
      seconds: Math.round(seconds),
      date: new Date().toISOString(),
      bandscope: version,
      commit,
      validation: {
        psnrDb: round(validation.mean, 3),
        images: validation.n,
        images_are: "simulated, of patients not trained on"
      },
      loss: thin(readLosses(lossFile), 200)
    }
  };
  writeFileAtomic(join(out, `${recipe.id}.json`), `${JSON.stringify(record, null, 1)}\n`);
  trainer.dispose();
  tf.dispose(variables);
  process.stdout.write(
    `${recipe.id}: ${steps} steps, mean PSNR ${validation.mean.toFixed(2)} dB on ${validation.n} simulated images of other patients; ` +
      `weights in ${join(out, `${recipe.id}.safetensors`)}\n`
  );
  return 0;
}

/** The commit that the code stands at, `+` for changes since; null outside a checkout. */
function gitCommit(): string | null {
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  const git = (...args: string[]) => spawnSync("git", args, {cwd: root, encoding: "utf8"});
  const head = git("rev-parse", "--short=12", "HEAD");
  if (head.status !== 0) return null;
  const changed =
    git("status", "--porcelain", "--untracked-files=no", "loaders", "models", "src/measures").stdout !== "";
  return head.stdout.trim() + (changed ? "+" : "");
}

function restore(path: string, recipeId: string, trainer: AutoencoderTrainer): Progressed {
  const checkpoint = openCheckpoint(path);
  try {
    const {recipe, steps, seconds} = checkpoint.metadata as Record<string, string>;
    if (recipe !== recipeId) {
      throw new InputError(`${path} belongs to another recipe: add --restart to begin anew, or name another --work`);
    }
    trainer.restore(Number(steps), (name) => checkpoint.read(name));
    return {steps: Number(steps), seconds: Number(seconds)};
  } finally {
    checkpoint.close();
  }
}

function readLosses(path: string): TrainingStep[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as TrainingStep];
      } catch {
        return []; // the last line of a process that was killed
      }
    });
}

/** At most `n` points of the curve, each the mean of the steps that it stands for. */
function thin(curve: readonly TrainingStep[], n: number): {step: number; l1: number; kl: number}[] {
  const size = Math.ceil(curve.length / n);
  const points = [];
  for (let i = 0; i < curve.length; i += size) {
    const part = curve.slice(i, i + size);
    const mean = (f: (s: TrainingStep) => number) => part.reduce((sum, s) => sum + f(s), 0) / part.length;
    points.push({
      step: part[part.length - 1].step,
      l1: round(
        mean((s) => s.l1),
        5
      ),
      kl: round(
        mean((s) => s.kl),
        4
      )
    });
  }
  return points;
}

async function meanPsnr(planes: readonly Plane[], autoencoder: ReturnType<typeof klAutoencoder>) {
  const values: number[] = [];
  const images = planes.map((plane, i) => ({...plane, id: String(i)}));
  for await (const {image, output} of reconstruct(images, autoencoder)) values.push(psnr(image, output));
  return {mean: values.reduce((a, b) => a + b, 0) / values.length, n: values.length};
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
