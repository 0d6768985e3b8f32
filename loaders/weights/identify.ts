import {buildAutoencoder} from "../../models/autoencoders/build.js";
import {isKl, klDialect} from "../../models/autoencoders/klDialects.js";
import {isTiny} from "../../models/autoencoders/tiny.js";
import {buildBaseline} from "../../models/baselines/build.js";
import type {Checkpoint} from "../../models/checkpoints/checkpoint.js";
import {InputError} from "../../models/errors.js";
import {buildUNet, isUNet} from "../../models/unet/unet.js";

/** What a checkpoint turned out to be. */
export interface Identity {
  readonly task: "autoencoder" | "generator" | "super-resolution";
  /** The architecture, and by what names its tensors go. */
  readonly dialect: string;
  readonly imageChannels?: number;
  readonly geometry?: {readonly channels: number; readonly factor: number};
  readonly parameters: number;
  /** Tensors that the model needs, or that say something about it; a discriminator or the like is not among them. */
  needs(name: string): boolean;
}

/** Names of the regression baselines, and a tensor that only they have. */
const baselines = {
  RLFN: "block_1.c1_r.weight",
  RFDN: "B1.c1_d.weight",
  "CARN-M": "sub_mean.shifter.weight",
  VDSR: "residual_layer.0.conv.weight"
};

/**
 * Finds out what a checkpoint holds. The model is built once, so that a tensor that is missing, extra or misshapen
 * is found now and not when the study runs. Needs a tfjs backend.
 * @throws InputError naming the first tensor that does not fit, or what would have been known
 */
export function identify(checkpoint: Checkpoint): Identity {
  if (isTiny(checkpoint) || isKl(checkpoint)) {
    const autoencoder = buildAutoencoder(checkpoint);
    const {geometry, imageChannels, parameters} = autoencoder;
    autoencoder.dispose();
    const dialect = isTiny(checkpoint) ? "tiny autoencoder" : `AutoencoderKL, ${klDialect(checkpoint)}`;
    const needs = (name: string) => !/^(loss|model_ema)\./.test(name);
    return {task: "autoencoder", dialect, imageChannels, geometry, parameters, needs};
  }
  if (isUNet(checkpoint)) {
    const unet = buildUNet(checkpoint);
    const {parameters} = unet;
    unet.dispose();
    const study = checkpoint.tensors.has("model.conv_in.weight");
    const parametersOfTraining = checkpoint.metadata.hyper_parameters as {use_ema?: unknown} | undefined;
    const averaged = parametersOfTraining?.use_ema === true;
    return {
      task: "generator",
      dialect: `UNet2DModel, ${study ? "the study's Lightning checkpoint" : "diffusers"}`,
      parameters,
      needs: (name) => averaged || !name.startsWith("model_ema.")
    };
  }
  for (const [dialect, key] of Object.entries(baselines)) {
    if (!checkpoint.tensors.has(key)) continue;
    const baseline = buildBaseline(checkpoint);
    const {imageChannels, parameters} = baseline;
    baseline.dispose();
    return {task: "super-resolution", dialect, imageChannels, parameters, needs: () => true};
  }
  const first = checkpoint.tensors.keys().next().value;
  throw new InputError(
    `${checkpoint.source}: tensor ${JSON.stringify(first)} belongs to no architecture known here; expected an AutoencoderKL (diffusers, CompVis or MedVAE names), a tiny autoencoder, a UNet2DModel, or one of ${Object.keys(baselines).join(", ")}`
  );
}
