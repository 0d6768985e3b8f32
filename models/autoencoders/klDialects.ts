import type {Checkpoint} from "../checkpoints/checkpoint.js";
import {TensorReader} from "../checkpoints/tensor-reader.js";
import {InputError} from "../errors.js";
import {loadWeights, type Parameter, type TensorSource, type Weights} from "../ops/index.js";
import {type KlArchitecture, klParameters} from "./klNetwork.js";

/**
 * The names under which AutoencoderKL's tensors are found: diffusers' (with the attention's new or older names), those of
 * CompVis' latent-diffusion, and MedVAE's, which are CompVis' plus a projection of the latent and low-rank updates.
 */
export type KlDialect = "diffusers" | "diffusers (older attention names)" | "CompVis" | "MedVAE";

const model = "AutoencoderKL";

/** Whether the names are those of an AutoencoderKL, in whichever dialect. */
export function isKl(checkpoint: Checkpoint): boolean {
  return [...checkpoint.tensors.keys()].some((key) => /^(encoder|decoder)\.conv_(in|out)\.weight$/.test(key));
}

export function klDialect(checkpoint: Checkpoint): KlDialect {
  let dialect: KlDialect = "diffusers";
  for (const key of checkpoint.tensors.keys()) {
    if (/^channel_(ds|proj)\.|\.lora_(up|down)\.weight$/.test(key)) return "MedVAE";
    if (/^(encoder\.down|decoder\.up)\.\d+\./.test(key)) dialect = "CompVis";
    else if (/attentions\.\d+\.(query|key|value|proj_attn)\./.test(key)) dialect = "diffusers (older attention names)";
  }
  return dialect;
}

/**
 * The architecture, read off names and shapes. The number of normalisation groups leaves no trace in them: it is taken from
 * the metadata's `norm_num_groups` (diffusers' config.json, or a file of ours), else 32 as in every known model.
 * @throws InputError when a tensor that must be there is missing
 */
export function inferKl(checkpoint: Checkpoint): KlArchitecture {
  const dialect = klDialect(checkpoint);
  const reader = new TensorReader(checkpoint, model);
  const keys = [...checkpoint.tensors.keys()];
  const compvis = dialect === "CompVis" || dialect === "MedVAE";
  const levels = 1 + highest(keys, compvis ? /^encoder\.down\.(\d+)\./ : /^encoder\.down_blocks\.(\d+)\./);
  const shape = (name: string) => {
    const key = fileKey(dialect, levels, name);
    return reader.shape(isWrapped(checkpoint, key) ? wrapped(key) : key, 4);
  };
  if (levels === 0) throw reader.missing(fileKey(dialect, 1, "encoder.down_blocks.0.resnets.0.conv1.weight"));
  const resBlocks =
    1 + highest(keys, compvis ? /^encoder\.down\.\d+\.block\.(\d+)\./ : /^encoder\.down_blocks\.\d+\.resnets\.(\d+)\./);
  const channels = Array.from({length: levels}, (_, i) => shape(`encoder.down_blocks.${i}.resnets.0.conv1.weight`)[0]);
  const has = (name: string) => {
    const stem = fileKey(dialect, levels, `${name}.group_norm.weight`).replace(/[^.]+\.weight$/, "");
    return keys.some((key) => key.startsWith(stem));
  };
  const [innerTwice] = shape("encoder.conv_out.weight");
  const quantConv = keys.some((key) => key.startsWith("quant_conv."));
  const architecture: KlArchitecture = {
    imageChannels: shape("encoder.conv_in.weight")[1],
    latentChannels: (quantConv ? shape("quant_conv.weight")[0] : innerTwice) / 2,
    innerChannels: innerTwice / 2,
    channels,
    resBlocks,
    normGroups: groupsOf(checkpoint),
    encoderAttention: channels.map((_, i) => has(`encoder.down_blocks.${i}.attentions.0`)),
    decoderAttention: channels.map((_, i) => has(`decoder.up_blocks.${levels - 1 - i}.attentions.0`)),
    middleAttention: has("encoder.mid_block.attentions.0"),
    quantConv,
    postQuantConv: keys.some((key) => key.startsWith("post_quant_conv.")),
    projection: keys.some((key) => key.startsWith("channel_"))
      ? {width: shape("channel_ds.0.weight")[0], outputs: shape("channel_proj.weight")[0]}
      : undefined
  };
  const misfit = (name: string, what: string) => {
    const key = fileKey(dialect, levels, name);
    return reader.misfit(isWrapped(checkpoint, key) ? wrapped(key) : key, what);
  };
  const even = "expected an even number (mean and log-variance)";
  if (innerTwice % 2 !== 0) throw misfit("encoder.conv_out.weight", `has ${innerTwice} outputs, ${even}`);
  if (!Number.isInteger(architecture.latentChannels)) {
    throw misfit("quant_conv.weight", `has ${2 * architecture.latentChannels} outputs, ${even}`);
  }
  const odd = channels.findIndex((count) => count % architecture.normGroups !== 0);
  if (odd >= 0) {
    throw misfit(
      `encoder.down_blocks.${odd}.resnets.0.conv1.weight`,
      `has ${channels[odd]} outputs, expected a multiple of the ${architecture.normGroups} normalisation groups (another number belongs in the metadata or config.json as norm_num_groups)`
    );
  }
  return architecture;
}

/** @throws InputError naming the first tensor that is missing, extra or misshapen */
export function loadKlWeights(checkpoint: Checkpoint, architecture: KlArchitecture): Weights {
  const dialect = klDialect(checkpoint);
  return loadWeights(checkpoint, klParameters(architecture), {
    model,
    source: (parameter) =>
      sourceOf(checkpoint, parameter, fileKey(dialect, architecture.channels.length, parameter.name)),
    // a training checkpoint carries its discriminator and perceptual loss along
    ignore: (key) => key.startsWith("loss.") || key.startsWith("model_ema.")
  });
}

function groupsOf({source, metadata}: Checkpoint): number {
  const value = metadata.norm_num_groups ?? 32;
  const groups = Number(value);
  if (Number.isInteger(groups) && groups > 0) return groups;
  throw new InputError(`${source}: norm_num_groups must be a whole number above 0, not ${JSON.stringify(value)}`);
}

/** The highest number that a pattern finds in the names; a hostile one is cut to what the file could hold. */
function highest(keys: readonly string[], pattern: RegExp): number {
  const found = keys.reduce((most, key) => Math.max(most, Number(pattern.exec(key)?.[1] ?? -1)), -1);
  return Math.min(found, keys.length);
}

/** Under MedVAE's low-rank updates `x.weight` is `x.conv.weight`. */
function wrapped(key: string): string {
  return key.replace(/\.(weight|bias)$/, ".conv.$1");
}

function isWrapped({tensors}: Checkpoint, key: string): boolean {
  const stem = key.replace(/\.(weight|bias)$/, "");
  return tensors.has(wrapped(key)) || tensors.has(`${stem}.lora_down.weight`) || tensors.has(`${stem}.lora_up.weight`);
}

/** A parameter's place in the file: itself, or W + up·down where the file has a low-rank update of it. */
function sourceOf(checkpoint: Checkpoint, parameter: Parameter, key: string): string | TensorSource {
  const inner = wrapped(key);
  const stem = key.replace(/\.(weight|bias)$/, "");
  const down = `${stem}.lora_down.weight`;
  const up = `${stem}.lora_up.weight`;
  if (!isWrapped(checkpoint, key)) return key;
  if (key.endsWith(".bias") || !(checkpoint.tensors.has(down) || checkpoint.tensors.has(up))) return inner;
  const [outputs, inputs, height = 1, width = 1] = parameter.shape;
  const rank = checkpoint.tensors.get(down)?.shape[0] ?? checkpoint.tensors.get(up)?.shape[1] ?? 1;
  return {
    parts: [
      {key: inner, shape: [outputs, inputs, height, width]},
      {key: up, shape: [outputs, rank, 1, 1]},
      {key: down, shape: [rank, inputs, height, width]}
    ],
    combine: ([weight, upper, lower]) => addLowRank(weight, upper, lower, outputs, rank)
  };
}

/** W + up·down, with W [outputs, m], up [outputs, rank], down [rank, m]; summed in double precision, rounded once. */
function addLowRank(
  weight: Float32Array,
  up: Float32Array,
  down: Float32Array,
  outputs: number,
  rank: number
): Float32Array {
  const m = weight.length / outputs;
  const merged = new Float32Array(weight.length);
  const row = new Float64Array(m);
  for (let o = 0; o < outputs; o++) {
    row.set(weight.subarray(o * m, (o + 1) * m));
    for (let r = 0; r < rank; r++) {
      const factor = up[o * rank + r];
      for (let i = 0; i < m; i++) row[i] += factor * down[r * m + i];
    }
    merged.set(row, o * m);
  }
  return merged;
}

const olderAttention: Record<string, string> = {to_q: "query", to_k: "key", to_v: "value", "to_out.0": "proj_attn"};
const compvisAttention: Record<string, string> = {
  group_norm: "norm",
  to_q: "q",
  to_k: "k",
  to_v: "v",
  "to_out.0": "proj_out"
};

/** The name in the file of the tensor that diffusers calls `name`. CompVis counts the decoder's levels from the image. */
function fileKey(dialect: KlDialect, levels: number, name: string): string {
  if (dialect === "diffusers") return name;
  if (dialect === "diffusers (older attention names)") {
    return name.replace(
      /(\.attentions\.\d+\.)(to_[qkv]|to_out\.0)\./,
      (_, stem: string, part: string) => `${stem}${olderAttention[part]}.`
    );
  }
  return name
    .replace(
      /\.attentions\.(\d+)\.(group_norm|to_[qkv]|to_out\.0)\./,
      (_, n: string, part: string) => `.attentions.${n}.${compvisAttention[part]}.`
    )
    .replace(/^encoder\.down_blocks\./, "encoder.down.")
    .replace(/^decoder\.up_blocks\.(\d+)\./, (_, n: string) => `decoder.up.${levels - 1 - Number(n)}.`)
    .replace(/\.mid_block\.resnets\.(\d+)\./, (_, n: string) => `.mid.block_${Number(n) + 1}.`)
    .replace(/\.mid_block\.attentions\.(\d+)\./, (_, n: string) => `.mid.attn_${Number(n) + 1}.`)
    .replace(/\.resnets\./, ".block.")
    .replace(/\.attentions\./, ".attn.")
    .replace(/\.downsamplers\.0\./, ".downsample.")
    .replace(/\.upsamplers\.0\./, ".upsample.")
    .replace(/\.conv_shortcut\./, ".nin_shortcut.")
    .replace(/\.conv_norm_out\./, ".norm_out.");
}
