import {relative} from "node:path";
import {startEngine} from "../../../models/engines/index.js";
import {importWeights} from "../../weights/import.js";
import {weightsFolder} from "../../weights/manifest.js";
import {type Command, parseCommandLine, UsageError} from "../command.js";
import {Progress} from "../progress.js";

export const command: Command = {
  summary: "keep the weights of a checkpoint under an id, as compact safetensors with a manifest",
  help: `
Usage: bandscope import FILE… --id NAME [OPTION…]

Reads a checkpoint (safetensors, or PyTorch's .ckpt, .pt, .pth, .bin; of a tiny autoencoder an encoder's and a decoder's file; or
a diffusers folder), finds out what it holds, checks every tensor, and writes NAME.safetensors with NAME.json: the sources'
SHA-256, dialect, geometry, licence, number of parameters. What belongs to training alone (discriminator, optimizer) is
left out. A checkpoint is never executed: one that would run code is refused by the name of what it would run.

Known: AutoencoderKL by diffusers' (newer and older), CompVis' and MedVAE's names; tiny autoencoders (TAESD, TAESDXL, TAESD3,
TAEF1, TAEF2); UNet2DModel of diffusers and of the study's checkpoints; RLFN, RFDN, CARN-M, VDSR.

Options:
  --id NAME        what to call it; the ids of bandscope fetch-weights --list stand for those models only
  --dtype f16|f32  precision of the weights (default: f16 if they are in half precision already, else f32: nothing is lost)
  --out DIR        the folder to write to (default: models/weights)
  --licence TEXT   the weights' licence, e.g. an SPDX identifier (default: that of the known id, else "not stated")
  --force          replace other weights by the same id

Examples:
  bandscope import .bandscope/weights/kl-f4/model.ckpt --id kl-f4 --dtype f16
  bandscope import taesd_encoder.safetensors taesd_decoder.safetensors --id taesd

Exit status: 0 imported (or there already), 1 the files are not as they should be or the id is taken, 2 the command line
is wrong.
`,
  async run(argv) {
    const {values, positionals} = parseCommandLine({
      args: argv,
      allowPositionals: true,
      options: {
        id: {type: "string"},
        dtype: {type: "string"},
        out: {type: "string", default: weightsFolder},
        licence: {type: "string"},
        force: {type: "boolean", default: false}
      }
    });
    if (positionals.length === 0) throw new UsageError("no checkpoint was named");
    if (values.id === undefined) throw new UsageError("--id is missing: a name for these weights");
    const {dtype} = values;
    if (dtype !== undefined && dtype !== "f16" && dtype !== "f32")
      throw new UsageError(`--dtype must be f16 or f32, not ${JSON.stringify(dtype)}`);

    // tensors are only laid out and checked: the plainest engine will do
    await startEngine("cpu");
    const {manifest, kept} = await importWeights(positionals, {
      id: values.id,
      dtype: dtype === undefined ? undefined : dtype === "f16" ? "F16" : "F32",
      folder: values.out,
      licence: values.licence,
      force: values.force,
      progress: (label, total, unit) => new Progress(label, total, unit)
    });
    const {geometry} = manifest;
    const shape = geometry ? `, ${geometry.channels} latent channels at f${geometry.factor}` : "";
    process.stderr.write(
      `${manifest.id}: ${manifest.dialect}${shape}, ${manifest.parameters.toLocaleString("en")} parameters in ${manifest.dtype}, licence ${manifest.licence}${kept ? " (there already)" : ""}\n`
    );
    process.stdout.write(`${relative("", values.out) || "."}/${manifest.file}\n`);
    return 0;
  }
};
