import * as tf from "@tensorflow/tfjs-core";
import type {KlAutoencoder} from "../../../models/autoencoders/kl.js";
import {loadAutoencoder} from "../../../models/autoencoders/load.js";
import {type Generator, generator, resizeLatent, schedule} from "../../../models/generators/index.js";
import {loadStudyGenerator} from "../../../models/generators/load.js";
import {shared} from "../../support/shared.js";
import {type Deviation, deviation, goldenTensors, goldenValues, npyTensor} from "./golden.js";

/** A reference file of an autoencoder and the weights it was made with. */
export interface AutoencoderFolder {
  readonly weights: string;
  readonly io: string;
  /** What the file holds beside the input. */
  readonly tensors: readonly string[];
  /** Held to 1e-4 absolute. */
  readonly absolute?: boolean;
}

const folder = (name: string, weights: string, ...tensors: string[]): AutoencoderFolder => ({
  weights: `${name}/${weights}`,
  io: `${name}/io.safetensors`,
  tensors
});

export const autoencoderFolders: readonly AutoencoderFolder[] = [
  ...["", ".legacy-attention"].flatMap((variant) => {
    const sd = folder(
      "sd-vae-narrow",
      `diffusion_pytorch_model${variant}.safetensors`,
      "moments",
      "mean",
      "logvar",
      "recon"
    );
    return [
      {...sd, absolute: true},
      {...sd, io: "sd-vae-narrow/io.nonsquare.safetensors", tensors: ["mean", "recon"], absolute: true}
    ];
  }),
  folder("kl-f4-narrow", "model.ckpt", "moments", "mean", "recon"),
  folder("compvis-level-attention", "model.ckpt", "moments", "mean", "recon"),
  folder("medvae-4x1-narrow", "vae.ckpt", "moments", "mean", "projected", "recon"),
  folder("medvae-4x3-lora-narrow", "vae.ckpt", "moments", "mean", "projected", "recon"),
  folder("medvae-8x4-lora-narrow", "vae.ckpt", "moments", "mean", "projected", "recon"),
  folder("medvae-4x4-nods-narrow", "vae.ckpt", "moments", "mean", "recon")
];

/** Runs the model on the reference's input, on the current engine, and tells how far each of its tensors is off. */
export function autoencoderParity({weights, io}: AutoencoderFolder): Record<string, Deviation> {
  const model = loadAutoencoder([shared(`golden/autoencoder/${weights}`)]) as KlAutoencoder;
  const deviations: Record<string, Deviation> = {};
  try {
    tf.tidy(() => {
      const {input, ...reference} = goldenTensors(`golden/autoencoder/${io}`);
      const images = tf.div(tf.add(input, 1), 2) as tf.Tensor4D;
      const {mean, logvar} = model.moments(images);
      const actual: Record<string, tf.Tensor4D | undefined> = {
        moments: tf.concat([mean, logvar], 3),
        mean: model.encode(images),
        logvar,
        projected: model.project?.(images),
        // the network's own range is [-1, 1]
        recon: tf.sub(tf.mul(model.decode(reference.mean), 2), 1)
      };
      for (const [name, expected] of Object.entries(reference)) {
        const found = actual[name];
        if (!found) throw new Error(`${weights} gives no ${name}`);
        deviations[name] = deviation(found, expected);
      }
    });
    return deviations;
  } finally {
    model.dispose();
  }
}

/** A reference file of a generator: the weights it was made with, and the schedule where it is not the weights' own. */
export interface UNetFolder {
  readonly weights: string;
  readonly io: string;
  readonly linear?: boolean;
  readonly zlrInit?: boolean;
}

export const unetFolders: readonly UNetFolder[] = [
  {weights: "ddpm-x0-cosine/last.ckpt", io: "ddpm-x0-cosine/io.safetensors"},
  {weights: "ddpm-x0-cosine/last.ckpt", io: "ddpm-x0-cosine/io.zlr-init.safetensors", zlrInit: true},
  {weights: "ddpm-x0-cosine/last.ckpt", io: "ddpm-x0-linear/io.safetensors", linear: true},
  {weights: "flow-matching/last.ckpt", io: "flow-matching/io.safetensors"}
];

/** The same for a generator: U-Net outputs, the resized condition, the schedule and the sampled trajectories. */
export function unetParity(folder: UNetFolder): Record<string, Deviation> {
  const path = `golden/unet/${folder.io}`;
  const loaded = loadStudyGenerator(shared(`golden/unet/${folder.weights}`));
  const {process} = loaded;
  const model: Generator =
    process.kind === "diffusion"
      ? generator(loaded.unet, {
          ...process,
          alphas: folder.linear ? schedule("published-linear", 100) : process.alphas,
          zlrInit: folder.zlrInit ?? process.zlrInit
        })
      : loaded;
  const deviations: Record<string, Deviation> = {};
  try {
    tf.tidy(() => {
      const {lr, z, lr_upsampled, ...reference} = goldenTensors(path);
      const condition = resizeLatent(lr, [32, 32]);
      if (lr_upsampled) deviations.lr_upsampled = deviation(condition, lr_upsampled);
      if (process.kind === "diffusion" && z) {
        const own = schedule(folder.linear ? "published-linear" : "published-cosine", 100);
        deviations.alphas = deviation(tf.tensor1d(Float32Array.from(own)), tf.tensor1d(goldenValues(path, "alphas")));
      }
      for (const [name, expected] of Object.entries(reference)) {
        const [, kind, number] = /^(out_t|sample_T)(\d+)$/.exec(name)!;
        const actual =
          kind === "out_t"
            ? model.unet.predict(tf.concat([z, condition], 3), Number(number))
            : model.sample(lr, {
                sampler: process.kind === "flow" ? "euler" : "published",
                steps: Number(number),
                seed: 0,
                images: [0, 1],
                size: [32, 32],
                noise: z
              });
        deviations[name] = deviation(actual, expected);
      }
    });
    return deviations;
  } finally {
    model.dispose();
  }
}

/** TAESD on a real image: latent and output, as `weights/taesd/golden` has them. */
export const tinyImages = [
  "knee_mridata05_s4",
  "cxr_nih00003384_000",
  "brain_mscross26_FLAIR_z107",
  "natural_bsds45000"
] as const;

export function tinyParity(image: string): Record<string, Deviation> {
  const model = loadAutoencoder(
    ["encoder", "decoder"].map((half) => shared(`weights/taesd/taesd_${half}.safetensors`))
  );
  const golden = (part: string) => npyTensor(`weights/taesd/golden/${image}.${part}.npy`);
  const deviations: Record<string, Deviation> = {};
  try {
    tf.tidy(() => {
      const latent = golden("latent");
      deviations.latent = deviation(model.encode(golden("input")), latent);
      deviations.output = deviation(model.decode(latent), golden("output"));
    });
    return deviations;
  } finally {
    model.dispose();
  }
}

/** One comparison with the reference, and the errors that it may have. */
export interface ParityCase {
  readonly name: string;
  /** The tensors that must have been compared. */
  readonly tensors: readonly string[];
  readonly run: () => Record<string, Deviation>;
  /** Of the largest error relative to the tensor's largest value, and where asked of the absolute one. */
  readonly limits: {readonly relative: number; readonly absolute?: number};
}

export const parityCases: readonly ParityCase[] = [
  ...tinyImages.map((image) => ({
    name: `taesd, ${image}`,
    tensors: ["latent", "output"],
    run: () => tinyParity(image),
    limits: {relative: 2e-4, absolute: 1e-4}
  })),
  ...autoencoderFolders.map((folder) => ({
    name: folder.io.includes("nonsquare") ? `${folder.weights}, non-square` : folder.weights,
    tensors: folder.tensors,
    run: () => autoencoderParity(folder),
    limits: {relative: 2e-4, ...(folder.absolute ? {absolute: 1e-4} : {})}
  })),
  ...unetFolders.map((folder) => ({
    name: `unet/${folder.io.replace(/\/io\.?(.*)\.?safetensors$/, (_, part: string) => (part ? `, ${part.replace(/\.$/, "")}` : ""))}`,
    tensors: folder.zlrInit
      ? ["sample_T5"]
      : ["out_t0", "out_t1", "out_t37", "out_t99", "sample_T1", "sample_T5", "sample_T20", "lr_upsampled"],
    run: () => unetParity(folder),
    limits: {relative: 2e-4}
  }))
];
