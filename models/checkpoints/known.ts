import {type KnownBaseline, knownBaselines} from "../baselines/known.js";
import {InputError} from "../errors.js";

/** A file that its makers publish. */
export interface KnownFile {
  readonly url: string;
  /** What it is called here. */
  readonly name: string;
  /** `null` where nobody has told us. */
  readonly sha256: string | null;
  /** The file within, when the download is a zip archive. */
  readonly entry?: string;
}

/** Pretrained weights that Bandscope knows by an id: what they are, whose, and where a person gets them. */
export interface KnownWeights {
  readonly id: string;
  readonly title: string;
  readonly task: "autoencoder" | "super-resolution";
  /** What it was trained on. */
  readonly domain: "natural" | "medical";
  /** 3, or 1 for single-channel networks. */
  readonly imageChannels: number;
  /** Of an autoencoder's latent. */
  readonly geometry?: {readonly channels: number; readonly factor: number};
  /**
   * What the makers' own generator multiplies this latent by to give it unit variance; 1 when the latents come out so scaled,
   * `null` when none was published. (The study used all latents raw.)
   */
  readonly scalingFactor?: number | null;
  /** Enlargement of a super-resolution network. */
  readonly scale?: number;
  /** SPDX. */
  readonly licence: string;
  /** Where the makers describe it. */
  readonly page: string;
  readonly files: readonly KnownFile[];
}

const hub = (repository: string, path: string) => `https://huggingface.co/${repository}/resolve/main/${path}`;
const github = (repository: string, commit: string, path: string) =>
  `https://raw.githubusercontent.com/${repository}/${commit}/${path}`;

function medvae(channels: number, factor: number, imageChannels: number): KnownWeights {
  const file = `vae_${factor}x_${channels}c_2D.ckpt`;
  return {
    id: `medvae-${factor}-${channels}`,
    title: `MedVAE 2D, ${channels} latent channel${channels > 1 ? "s" : ""} at f${factor}`,
    task: "autoencoder",
    domain: "medical",
    imageChannels,
    geometry: {channels, factor},
    scalingFactor: null,
    licence: "MIT",
    page: "https://huggingface.co/stanfordmimi/MedVAE",
    files: [{url: hub("stanfordmimi/MedVAE", `model_weights/${file}`), name: file, sha256: null}]
  };
}

function tiny(id: string, repository: string, title: string, channels: number): KnownWeights {
  return {
    id,
    title,
    task: "autoencoder",
    domain: "natural",
    imageChannels: 3,
    geometry: {channels, factor: 8},
    scalingFactor: 1,
    licence: "MIT",
    page: `https://huggingface.co/${repository}`,
    files: [
      {
        url: hub(repository, "diffusion_pytorch_model.safetensors"),
        name: "diffusion_pytorch_model.safetensors",
        sha256: null
      }
    ]
  };
}

/** Of the baselines' files. */
const baselineSha256: Readonly<Record<string, string>> = {
  "rlfn-ntire": "3c9be7b9d7a4bece9b68c83a56a1ffb38010f76413d5f215be6b4be842e18fb2",
  rfdn: "11af8ec8ebd68689e90ef1e29044f9804c72d3bd9f7573820b7b26035782760c",
  "carn-m": "d48a759a84509351facb6b7c6d5bd6edec98b98519b8c464ee4ab44d2ba964ff",
  vdsr: "eab4d79ae5a6e5acef4c55e46015aed225ade207679bcb6695b07af8fb18e876"
};

function baseline({id, title, repository, commit, path, licence}: KnownBaseline): KnownWeights {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return {
    id,
    title,
    task: "super-resolution",
    domain: "natural",
    // VDSR takes luminance only
    imageChannels: id === "vdsr" ? 1 : 3,
    scale: 4,
    licence,
    page: `https://github.com/${repository}`,
    files: [{url: github(repository, commit, path), name, sha256: baselineSha256[id] ?? null}]
  };
}

/** The autoencoders of the study, the tiny autoencoders, and the ×4 regression baselines. */
export const knownWeights: readonly KnownWeights[] = [
  {
    id: "sdvae",
    title: "Stable Diffusion's AutoencoderKL, ft-EMA",
    task: "autoencoder",
    domain: "natural",
    imageChannels: 3,
    geometry: {channels: 4, factor: 8},
    scalingFactor: 0.18215,
    licence: "MIT",
    page: "https://huggingface.co/stabilityai/sd-vae-ft-ema",
    files: [
      {
        url: hub("stabilityai/sd-vae-ft-ema", "diffusion_pytorch_model.safetensors"),
        name: "diffusion_pytorch_model.safetensors",
        sha256: null
      }
    ]
  },
  {
    id: "kl-f4",
    title: "CompVis latent-diffusion's KL autoencoder at f4",
    task: "autoencoder",
    domain: "natural",
    imageChannels: 3,
    geometry: {channels: 3, factor: 4},
    scalingFactor: null,
    licence: "MIT",
    page: "https://github.com/CompVis/latent-diffusion",
    files: [
      {
        url: "https://ommer-lab.com/files/latent-diffusion/kl-f4.zip",
        name: "model.ckpt",
        sha256: null,
        entry: "model.ckpt"
      }
    ]
  },
  medvae(1, 8, 1),
  medvae(4, 8, 3),
  medvae(1, 4, 1),
  medvae(3, 4, 3),
  medvae(4, 4, 1),
  tiny("taesd", "madebyollin/taesd", "Tiny autoencoder of Stable Diffusion 1 and 2", 4),
  tiny("taesdxl", "madebyollin/taesdxl", "Tiny autoencoder of SDXL", 4),
  tiny("taesd3", "madebyollin/taesd3", "Tiny autoencoder of Stable Diffusion 3", 16),
  tiny("taef1", "madebyollin/taef1", "Tiny autoencoder of FLUX.1", 16),
  {
    id: "taef2",
    title: "Tiny autoencoder of FLUX.2",
    task: "autoencoder",
    domain: "natural",
    imageChannels: 3,
    geometry: {channels: 32, factor: 8},
    scalingFactor: 1,
    licence: "MIT",
    page: "https://github.com/madebyollin/taesd",
    files: [
      {
        url: github("madebyollin/taesd", "5cccb12dc72074a4be35680c3b108548a7c69978", "taef2_encoder.pth"),
        name: "taef2_encoder.pth",
        sha256: "10a4e1021e89d7551eaf161352da8dbd0b1aa83872ae28b150c1df1ce2f147b6"
      },
      {
        url: github("madebyollin/taesd", "5cccb12dc72074a4be35680c3b108548a7c69978", "taef2_decoder.pth"),
        name: "taef2_decoder.pth",
        sha256: "0a44a31e1ae59eb9dbf9359d24942fd3ef5928162c1800d97a28c61d51be0ab5"
      }
    ]
  },
  ...knownBaselines.map(baseline)
];

/** The known weights of this id. @throws InputError that lists the ids when there is none such */
export function findKnownWeights(id: string): KnownWeights {
  const found = knownWeights.find((known) => known.id === id);
  if (found !== undefined) return found;
  throw new InputError(
    `no weights are known as ${JSON.stringify(id)}; the known ones are ${knownWeights.map((known) => known.id).join(", ")}`
  );
}
