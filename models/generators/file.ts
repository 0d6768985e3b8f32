import type {Checkpoint} from "../checkpoints/checkpoint.js";
import {InputError} from "../errors.js";
import {buildUNet, isUNet} from "../unet/unet.js";
import {diffusersProcess} from "./diffusers.js";
import {buildStudyGenerator, type Generator, generator, type Process} from "./generator.js";
import type {LatentUse} from "./latents.js";
import {type ScheduleName, schedule, scheduleNames} from "./schedules.js";
import {type Target, targetNames} from "./targets.js";

/** The entry of a safetensors file's metadata that makes a U-Net a generator of ours. */
const key = "bandscope_generator";

/** What a generator's file says beside the weights. */
export interface GeneratorDescription extends LatentUse {
  readonly id: string;
  readonly process:
    | {
        readonly kind: "diffusion";
        readonly target: Target;
        readonly schedule: ScheduleName;
        readonly timesteps: number;
      }
    | {readonly kind: "flow"; readonly timesteps: number};
}

/** The metadata to write beside the U-Net's own. */
export function generatorMetadata(description: GeneratorDescription): Record<string, string> {
  return {id: description.id, [key]: JSON.stringify(description)};
}

/** The process of a description, its schedule spelled out. */
export function processOf(process: GeneratorDescription["process"]): Process {
  if (process.kind === "flow") return {kind: "flow", timesteps: process.timesteps};
  const {target, timesteps} = process;
  return {kind: "diffusion", target, alphas: schedule(process.schedule, timesteps), zlrInit: false};
}

/**
 * A generator from its checkpoint: one that was trained here, one of the study's Lightning checkpoints, or a diffusers U-Net
 * whose metadata hold its `scheduler_config`. Browser-safe.
 * @throws InputError
 */
export function buildGenerator(checkpoint: Checkpoint): Generator {
  const {metadata, source} = checkpoint;
  if (key in metadata) {
    const {process, scale, range, latent, autoencoder} = readDescription(metadata[key], source);
    const unet = buildUNet(checkpoint);
    const described = scale?.mean ?? range?.low;
    if (described && described.length !== unet.architecture.outputChannels) {
      unet.dispose();
      throw new InputError(
        `${source} describes ${described.length} channels, but its U-Net makes ${unet.architecture.outputChannels}`
      );
    }
    return generator(unet, processOf(process), {scale, range, latent, autoencoder});
  }
  if (metadata.hyper_parameters) return buildStudyGenerator(checkpoint);
  if (metadata.scheduler_config) {
    const process = diffusersProcess(metadata.scheduler_config as Record<string, unknown>, source);
    return generator(buildUNet(checkpoint), process);
  }
  throw new InputError(
    isUNet(checkpoint)
      ? `${source} is a U-Net, but does not say what it was trained for: expected a generator of bandscope train, a Lightning checkpoint of the study (hyper_parameters), or a diffusers folder with scheduler_config.json`
      : `${source} holds no generator (a UNet2DModel): expected one of bandscope train, a Lightning checkpoint of the study, or a diffusers folder`
  );
}

function readDescription(text: unknown, source: string): GeneratorDescription {
  const damaged = (what: string) => new InputError(`${source} is damaged: its ${key} ${what}`);
  let value: Partial<GeneratorDescription>;
  try {
    value = JSON.parse(String(text));
  } catch {
    throw damaged("is not JSON");
  }
  const process = value?.process;
  if (!process || (process.kind !== "diffusion" && process.kind !== "flow")) throw damaged("names no process");
  if (!(Number.isInteger(process.timesteps) && process.timesteps > 0 && process.timesteps <= 1e6))
    throw damaged("has no number of time steps");
  if (
    process.kind === "diffusion" &&
    !(targetNames.includes(process.target) && scheduleNames.includes(process.schedule))
  )
    throw damaged(`has the target ${process.target} and the schedule ${process.schedule}, which are unknown here`);
  if (value.latent !== "mean" && value.latent !== "sampled") throw damaged("does not say which latent");
  const {scale, range} = value;
  const numbers = (list: unknown): list is number[] => Array.isArray(list) && list.every(Number.isFinite);
  if (
    scale !== undefined &&
    !(
      numbers(scale?.mean) &&
      numbers(scale.sd) &&
      scale.mean.length === scale.sd.length &&
      scale.sd.every((sd) => sd > 0)
    )
  ) {
    throw damaged("has a scale that is not a mean and a standard deviation above 0 for each channel");
  }
  if (
    range !== undefined &&
    !(
      numbers(range?.low) &&
      numbers(range.high) &&
      range.low.length === (scale?.mean ?? range.low).length &&
      range.low.length === range.high.length &&
      range.low.every((low, c) => low <= range.high[c])
    )
  ) {
    throw damaged("has a range that is not a least and a greatest value for each channel");
  }
  return value as GeneratorDescription;
}
