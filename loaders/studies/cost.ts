import type {KlConfig} from "../../models/autoencoders/init.js";
import type {EngineName} from "../../models/engines/engine.js";
import type {UNetConfig} from "../../models/unet/init.js";

/** Multiply-adds of a network: what its time is estimated from. */
export interface Work {
  /** Of one image. */
  readonly macs: number;
  /** Calls of the network for one batch; each costs some time whatever its size. */
  readonly calls: number;
}

/** Of a ResNet block with its 3×3 convolutions, a pixel. */
const block = (from: number, to: number) => 9 * (from * to + to * to) + (from === to ? 0 : from * to);
/** Of an attention layer over n pixels, a pixel. */
const attention = (channels: number, n: number) => 4 * channels * channels + 2 * n * channels;

/** Multiply-adds of one evaluation of a U-Net on a latent of side × side. */
export function unetMacs(config: Omit<UNetConfig, "inputChannels" | "outputChannels">, side: number): number {
  const {channels: base, multipliers, resBlocks} = config;
  let macs = 0;
  let from = base;
  for (const [level, multiplier] of multipliers.entries()) {
    const pixels = (side / 2 ** level) ** 2;
    const to = base * multiplier;
    const own = config.attention[level] ? attention(to, pixels) : 0;
    const up = (resBlocks + 1) * (block(2 * to, to) + own);
    macs += pixels * (block(from, to) + (resBlocks - 1) * block(to, to) + resBlocks * own + up + 9 * to * to);
    from = to;
  }
  const pixels = (side / 2 ** (multipliers.length - 1)) ** 2;
  return macs + pixels * (2 * block(from, from) + attention(from, pixels));
}

/** Multiply-adds of encoder and decoder of an AutoencoderKL on an image of side × side. */
export function klMacs(
  {channels: base, multipliers, resBlocks}: KlConfig,
  side: number
): {encode: number; decode: number} {
  let [encode, decode] = [0, 0];
  let from = base;
  for (const [level, multiplier] of multipliers.entries()) {
    const pixels = (side / 2 ** level) ** 2;
    const to = base * multiplier;
    encode += pixels * (block(from, to) + (resBlocks - 1) * block(to, to) + 9 * to * to);
    decode += pixels * (block(from, to) + resBlocks * block(to, to) + 9 * to * to);
    from = to;
  }
  const pixels = (side / 2 ** (multipliers.length - 1)) ** 2;
  const middle = pixels * (2 * block(from, from) + attention(from, pixels));
  return {encode: encode + middle, decode: decode + middle};
}

/** A guess for weights of which only the size is known: published convolutional autoencoders do about a tenth of that a pixel. */
export function guessedMacs(bytes: number, side: number): {encode: number; decode: number} {
  const each = (bytes / 4) * 0.05 * side * side;
  return {encode: each, decode: each};
}

/** Multiply-adds a second of one core (of a GPU: of all of it), and seconds that a call costs beside them. */
const speeds: Record<EngineName, {rate: number; call: number}> = {
  "tfjs-node-gpu": {rate: 4e12, call: 0.02},
  "tfjs-node": {rate: 25e9, call: 0.02},
  webgpu: {rate: 4e11, call: 0.03},
  wasm: {rate: 4e9, call: 0.02},
  cpu: {rate: 1e8, call: 0.02}
};

/**
 * The same of trainings, a step counted as three evaluations: what it takes beside its multiply-adds, and what each further core adds.
 * Measured on the small networks of the embedded study and wider ones, with one thread and two (native, wasm); GPUs are guessed.
 */
const trainingSpeeds: Record<EngineName, {rate: number; step: number; share: number}> = {
  "tfjs-node-gpu": {rate: 4e12, step: 0.06, share: 0},
  "tfjs-node": {rate: 40e9, step: 0.018, share: 0.8},
  webgpu: {rate: 4e11, step: 0.09, share: 0},
  wasm: {rate: 5e9, step: 0.15, share: 0.3},
  cpu: {rate: 1e8, step: 0.06, share: 0}
};

/** Seconds of one core, or of the GPU. */
export function secondsOf(engine: EngineName, images: number, batch: number, parts: readonly Work[]): number {
  const {rate, call} = speeds[engine];
  const macs = parts.reduce((sum, part) => sum + part.macs, 0);
  const calls = parts.reduce((sum, part) => sum + part.calls, 0);
  return images * (macs / rate) + Math.ceil(images / batch) * calls * call;
}

/** Seconds of a training's steps, from its network's multiply-adds of one image. Cores share a batch, so that no more help than it has images. */
export function trainingSeconds(
  engine: EngineName,
  {steps, batch, macs}: {steps: number; batch: number; macs: number},
  cores: number
): number {
  const {rate, step, share} = trainingSpeeds[engine];
  const together = 1 + share * (Math.min(cores, batch) - 1);
  return steps * ((3 * batch * macs) / (rate * together) + step);
}

/** Of a simulated image, and of one that is read. */
export function imageSeconds(side: number, simulated: boolean): number {
  return (simulated ? 1.6e-6 : 1e-6) * side * side;
}

/** Of all measures of an image. */
export function measureSeconds(side: number): number {
  return 1.5e-6 * side * side;
}
