import {mkdirSync} from "node:fs";
import {join} from "node:path";
import {engineNames} from "../../../models/engines/engine.js";
import {batchAccelerator, startEngine} from "../../../models/engines/index.js";
import {InputError} from "../../../models/errors.js";
import type {Image} from "../../../src/measures/image.js";
import {sha256, sha256File, writeFileAtomic} from "../../files.js";
import {encodeNpy, encodePng8, listImages, readImage} from "../../images/index.js";
import {csvCell, fidelity, fidelityCells, fidelityHeader, meanPsnr} from "../../reconstruct/fidelity.js";
import {type Entry, Journal} from "../../reconstruct/journal.js";
import {reconstruct} from "../../reconstruct/reconstruct.js";
import {openWeights} from "../../reconstruct/weights.js";
import {tryLock} from "../../store/lock.js";
import {type Command, numberOption, parseCommandLine, spreadValues, UsageError} from "../command.js";
import {Interrupt} from "../interrupt.js";
import {Progress} from "../progress.js";

export const command: Command = {
  summary: "encode and decode images with an autoencoder, and measure what is lost",
  help: `
bandscope reconstruct: encode and decode images with an autoencoder, and measure what is lost

Usage: bandscope reconstruct --weights FILE… --images PATH… --out DIR [OPTION…]

  --weights FILE…   one checkpoint, an encoder and a decoder, or a folder with them (safetensors or PyTorch)
  --images PATH…    folders, image files (PNG, JPEG, .npy), or a text file with a path a line
  --out DIR         gets, for each image, <id>.png (8 bit) and <id>.npy (float32, height × width, in [0, 1]);
                    measures.csv (MSE, MAE, PSNR, SSIM); and reconstruct.jsonl (what was made from what)

Options:
  --latents         also write <id>.latent.npy: float32, channels × height × width, the posterior mean
  --recursive       look for images in sub-folders too
  --batch N         images a batch (default: as many as fit in about half a gigabyte, at most 8)
  --engine NAME     ${engineNames.join(", ")} (default: the best that works here; BANDSCOPE_ENGINE)
  --overwrite       replace reconstructions that were made with other weights

Run it again and it goes on where it was cut off: images that are done, and whose files are unaltered, are skipped.
An image whose sides the autoencoder's factor does not divide is padded by reflection and cropped back.

Example:
  bandscope reconstruct --weights taesd_encoder.safetensors taesd_decoder.safetensors --images scans --out out/scans

Exit status: 0 done; 1 something is wrong with a file or the machine; 2 the command line is wrong; 130 Ctrl-C.`,
  async run(argv) {
    const {values} = parseCommandLine({
      // node's parser takes one value an option; `--weights a b` is what people type
      args: spreadValues(argv, ["--weights", "--images"]),
      options: {
        weights: {type: "string", multiple: true},
        images: {type: "string", multiple: true},
        out: {type: "string"},
        latents: {type: "boolean"},
        recursive: {type: "boolean"},
        batch: {type: "string"},
        engine: {type: "string"},
        overwrite: {type: "boolean"}
      }
    });
    const {weights, images, out} = values;
    if (!weights) throw new UsageError("--weights is missing");
    if (!images) throw new UsageError("--images is missing");
    if (!out) throw new UsageError("--out is missing");
    const batch =
      values.batch === undefined ? undefined : numberOption("batch", values.batch, {min: 1, max: 64, integer: true});

    const files = await listImages(images, {recursive: values.recursive});
    if (files.length === 0) throw new InputError(`there are no images in ${images.join(", ")}`);
    mkdirSync(out, {recursive: true});
    const lock = tryLock(join(out, ".reconstruct.lock"));
    if (!("release" in lock))
      throw new InputError(`${lock.holder} is writing to ${out}: wait for it, or name another --out`);
    const interrupt = new Interrupt("stopping after this image; run the same command again to go on");
    try {
      const engine = await startEngine(values.engine as Parameters<typeof startEngine>[0]);
      const {autoencoder, name, sha256: weightsHash} = await openWeights(weights);
      autoencoder.accelerate(batchAccelerator());
      const {channels, factor} = autoencoder.geometry;
      process.stderr.write(
        `${name}: ${autoencoder.kind} autoencoder, ${channels} channels at 1/${factor}, ${autoencoder.parameters.toLocaleString("en")} parameters; ` +
          `engine ${engine.name} (${engine.version}${engine.threads ? `, ${engine.threads} threads` : ""})\n`
      );
      const journal = Journal.open(out, {weights: weightsHash}, values.overwrite ?? false);
      const outputsOf = (id: string) => [`${id}.png`, `${id}.npy`, ...(values.latents ? [`${id}.latent.npy`] : [])];

      interrupt.listen();
      const progress = new Progress("reconstruct", files.length, "images");
      const hashes = new Map<string, string>();
      let skipped = 0;
      async function* todo(): AsyncGenerator<Image> {
        for (const {id, path} of files) {
          if (interrupt.requested) return;
          const hash = await sha256File(path);
          if (await journal.isDone(id, hash, outputsOf(id))) {
            skipped++;
            progress.advance();
            continue;
          }
          hashes.set(id, hash);
          // the file's id, which a list may have had to lengthen, is the one that pairs
          yield {...(await readImage(path)), id};
        }
      }

      let padded = 0;
      for await (const {image, output, latent, padded: wasPadded} of reconstruct(todo(), autoencoder, {batch})) {
        const contents: Record<string, Uint8Array> = {
          [`${image.id}.png`]: encodePng8(output),
          [`${image.id}.npy`]: encodeNpy(output.data as Float32Array, [output.height, output.width])
        };
        if (values.latents) contents[`${image.id}.latent.npy`] = encodeNpy(latent.data, [...latent.shape]);
        for (const [file, bytes] of Object.entries(contents)) writeFileAtomic(join(out, file), bytes);
        const measured = fidelity(image, output);
        journal.add({
          id: image.id,
          input_sha256: hashes.get(image.id)!,
          width: image.width,
          height: image.height,
          padded: wasPadded,
          ...measured,
          engine: `${engine.name} (${engine.version})`,
          outputs: Object.fromEntries(Object.entries(contents).map(([file, bytes]) => [file, sha256(bytes)]))
        });
        hashes.delete(image.id);
        if (wasPadded) padded++;
        progress.advance(1, `${(measured.psnr_db ?? Infinity).toFixed(2)} dB`);
      }
      progress.finish();
      autoencoder.dispose();

      const done = files.map(({id}) => journal.entries.get(id)).filter((entry) => entry !== undefined);
      writeFileAtomic(join(out, "measures.csv"), csv(done, name, weightsHash));
      if (skipped > 0) process.stderr.write(`${skipped} of ${files.length} images were done already\n`);
      if (padded > 0) {
        process.stderr.write(
          `${padded} ${padded === 1 ? "image was" : "images were"} padded by reflection to multiples of ${factor} and cropped back\n`
        );
      }
      process.stdout.write(`${summary(done, files.length, out)}\n`);
      return interrupt.requested ? 130 : 0;
    } finally {
      interrupt.ignore();
      lock.release();
    }
  }
};

function csv(entries: readonly Entry[], name: string, weights: string): string {
  const rows = entries.map((e) =>
    [csvCell(e.id), e.width, e.height, e.padded, fidelityCells(e), csvCell(name), weights, csvCell(e.engine)].join(",")
  );
  const header = `id,width,height,padded,${fidelityHeader},autoencoder,weights_sha256,engine`;
  return `${[header, ...rows].join("\n")}\n`;
}

function summary(done: readonly Entry[], asked: number, out: string): string {
  return `${done.length} of ${asked} images reconstructed in ${out}${meanPsnr(done)}`;
}
