import {join} from "node:path";
import {engineNames, startEngine} from "../../../models/engines/index.js";
import {writeFileAtomic} from "../../files.js";
import {
  isGeneratorRecipe,
  readTraining,
  type TrainingContext,
  terminalReporter,
  trainAutoencoder,
  trainGenerator
} from "../../training/index.js";
import {type Command, numberOption, parseCommandLine, spreadValues, UsageError} from "../command.js";
import {Interrupt} from "../interrupt.js";

export const command: Command = {
  summary: "train a small autoencoder, or a generator in an autoencoder's latents",
  help: `
bandscope train: train a small autoencoder, or a generator in an autoencoder's latents

Usage: bandscope train RECIPE.json [--work DIR] [--out DIR] [OPTION…]

A recipe says what to train on (simulated images, or the training splits of datasets), the architecture, and the
optimizer's settings: data/training/*.json are those of the networks that ship. A generator's recipe names its autoencoder,
which stays as it is; the U-Net learns to turn the latents of LR images into those of HR images. Cut it off anywhere; the
same command goes on from the last checkpoint, and gives the same weights as if it had not been interrupted.

On the native engine each thread (BANDSCOPE_THREADS) takes its share of a batch's images. The number of threads changes the
rounding, so the same bits come of the same number only.

Options:
  --work DIR          where checkpoints and the loss curve (loss.jsonl) go (default: out/training/<id>)
  --out DIR           gets <id>.safetensors (float16) and <id>.json, the record (default: models/weights)
  --weights FILE…     of a generator's autoencoder (default: models/weights/<autoencoder>.safetensors)
  --checkpoint MIN    minutes between two checkpoints (default: 2)
  --engine NAME       ${engineNames.join(", ")} (default: the best that works here; BANDSCOPE_ENGINE)
  --restart           forget the checkpoints and begin anew

Examples:
  bandscope train data/training/natural-f8c4.json
  bandscope train data/training/natural-f8c4.x0.json --checkpoint 5
  bandscope train mine.json --weights kl-f4.ckpt --work scratch --out scratch

Exit status: 0 done; 1 something is wrong; 2 the command line is wrong; 130 Ctrl-C (a checkpoint is written first).`,
  async run(argv) {
    const {values, positionals} = parseCommandLine({
      args: spreadValues(argv, ["--weights"]),
      allowPositionals: true,
      options: {
        work: {type: "string"},
        out: {type: "string"},
        weights: {type: "string", multiple: true},
        checkpoint: {type: "string"},
        engine: {type: "string"},
        restart: {type: "boolean"}
      }
    });
    if (positionals.length !== 1) throw new UsageError("name one recipe");
    const checkpointMinutes = numberOption("checkpoint", values.checkpoint ?? "2", {min: 0.01});
    const recipe = readTraining(positionals[0]);
    const {work = join("out", "training", recipe.id), out = join("models", "weights"), restart, weights} = values;
    if (weights && !isGeneratorRecipe(recipe))
      throw new UsageError("--weights is for a generator's recipe; this one trains an autoencoder from the start");
    const engine = await startEngine(values.engine as Parameters<typeof startEngine>[0]);
    const interrupt = new Interrupt("stopping after this step");
    const context: TrainingContext = {
      work,
      engine,
      checkpointMinutes,
      restart,
      interrupted: () => interrupt.requested,
      reporter: terminalReporter
    };
    interrupt.listen();
    try {
      const trained = isGeneratorRecipe(recipe)
        ? await trainGenerator(recipe, {...context, weights})
        : await trainAutoencoder(recipe, context);
      if (!trained) return 130;
      const file = join(out, `${recipe.id}.safetensors`);
      writeFileAtomic(file, trained.bytes);
      writeFileAtomic(join(out, `${recipe.id}.json`), `${JSON.stringify(trained.record, null, 1)}\n`);
      process.stdout.write(`${trained.summary}; weights in ${file}\n`);
      return 0;
    } finally {
      interrupt.ignore();
    }
  }
};
