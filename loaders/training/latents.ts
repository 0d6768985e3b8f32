import * as tf from "@tensorflow/tfjs-core";
import type {Autoencoder} from "../../models/autoencoders/autoencoder.js";
import {sampling} from "../../models/autoencoders/kl.js";
import {InputError} from "../../models/errors.js";
import {resizeLatent} from "../../models/generators/generator.js";
import {type LatentRange, type LatentScale, type LatentUse, scaleLatent} from "../../models/generators/latents.js";
import type {Image, Plane} from "../../src/measures/image.js";
import {random} from "../../src/measures/random.js";
import {Degrader} from "../datasets/degradations/index.js";
import {greyTensor} from "../reconstruct/batches.js";
import {scale} from "../super-resolve/superResolver.js";
import type {PoolImages} from "./pool.js";

/** LR images as the study makes them: Pillow's bicubic, 8 bit. */
const degrader = new Degrader({kind: "bicubic", factor: scale});
/** Latents of a training set beyond this many bytes are made again at every step. */
const mostInMemory = 2 ** 31;
/** Images that the channels' statistics are taken of, at most. */
const imagesForStatistics = 512;
const encodeTogether = 8;

/** HR and LR latents of the frozen autoencoder, row-major [h, w, c]. */
interface Pair {
  readonly hr: Float32Array;
  readonly lr: Float32Array;
}

/** What a step trains on. The caller disposes both. */
export interface LatentBatch {
  /** [n, h, w, c] */
  readonly latent: tf.Tensor4D;
  /** LR latents resized to the same size. */
  readonly condition: tf.Tensor4D;
}

export interface LatentPoolOptions {
  readonly crop: number;
  readonly latent: LatentUse["latent"];
  readonly seed: number;
  /** Awaited after each image that was encoded beforehand; not called when latents are made as they are needed. */
  readonly onImage?: () => unknown;
  /** In bytes; for tests. */
  readonly mostInMemory?: number;
}

/** Of images of a size: how many views there are of each, and whether the latents of all are held in memory. */
export function viewsOf(
  count: number,
  {width, height}: {readonly width: number; readonly height: number},
  crop: number,
  {channels, factor}: Autoencoder["geometry"],
  most = mostInMemory
): {views: number; held: boolean} {
  const views = width === crop && height === crop ? 4 : 8;
  const bytes = 4 * channels * ((crop / factor) ** 2 + (crop / factor / scale) ** 2) * count * views;
  return {views, held: bytes <= most};
}

/**
 * The training latents of a generator. Of each image there are some views: an image of the crop's size is taken as it is and
 * flipped in all four ways; of a larger one there are eight crops at random places, each way twice. The flipped crop is
 * encoded, not the latent flipped, since an encoder is not symmetric. All views are encoded beforehand where memory allows;
 * otherwise those of a step when it comes, with the same result.
 */
export class LatentPool {
  private constructor(
    private readonly images: PoolImages,
    private readonly views: number,
    private readonly autoencoder: Autoencoder,
    private readonly options: LatentPoolOptions,
    private readonly pairs: readonly Pair[] | undefined
  ) {}

  /** @throws InputError */
  static async open(images: PoolImages, autoencoder: Autoencoder, options: LatentPoolOptions): Promise<LatentPool> {
    const {crop} = options;
    const {factor} = autoencoder.geometry;
    if (crop % (scale * factor) !== 0) {
      throw new InputError(
        `the crop ${crop} must be a multiple of ${scale * factor}: LR crops are ${scale} times smaller, and the autoencoder's factor is ${factor}`
      );
    }
    const {views, held} = viewsOf(images.count, await images.read(0), crop, autoencoder.geometry, options.mostInMemory);
    const streamed = new LatentPool(images, views, autoencoder, options, undefined);
    if (!held) return streamed;
    const pairs: Pair[] = [];
    for (let index = 0; index < images.count; index++) {
      const image = await images.read(index);
      const all = Array.from({length: views}, (_, view) => streamed.view(image, index, view));
      pairs.push(...(await streamed.encode(all)));
      await options.onImage?.();
    }
    return new LatentPool(images, views, autoencoder, options, pairs);
  }

  /** In words, for a record. */
  get description(): string {
    const how = this.views === 4 ? "each flipped in four ways" : `${this.views} crops of each`;
    return `${this.images.description}, ${how}: ${this.images.count * this.views} latents`;
  }

  /** The batch of a step: it depends on the seed and the step alone. */
  async batch(seed: number, step: number, size: number, use: LatentUse): Promise<LatentBatch> {
    const generator = random("latents", seed, step);
    const chosen = Array.from({length: size}, () => ({
      index: generator.integer(this.images.count),
      view: generator.integer(this.views)
    }));
    let pairs: Pair[];
    if (this.pairs) pairs = chosen.map(({index, view}) => this.pairs![index * this.views + view]);
    else {
      const planes: Image[] = [];
      for (const {index, view} of chosen) planes.push(this.view(await this.images.read(index), index, view));
      pairs = await this.encode(planes);
    }
    const [latent, condition] = tf.tidy(() => {
      const hr = scaleLatent(
        this.tensor(
          pairs.map(({hr}) => hr),
          this.options.crop
        ),
        use.scale
      );
      const lr = scaleLatent(
        this.tensor(
          pairs.map(({lr}) => lr),
          this.options.crop / scale
        ),
        use.scale
      );
      return [hr, resizeLatent(lr, [hr.shape[1], hr.shape[2]])];
    });
    return {latent, condition};
  }

  /** Mean and standard deviation of each channel of the HR latents, over up to 512 images spread over all. @throws InputError */
  async scale(): Promise<LatentScale> {
    const {channels} = this.autoencoder.geometry;
    const [sum, squares] = [new Float64Array(channels), new Float64Array(channels)];
    let n = 0;
    for await (const hr of this.some()) {
      for (let k = 0; k < hr.length; k++) {
        sum[k % channels] += hr[k];
        squares[k % channels] += hr[k] * hr[k];
      }
      n += hr.length / channels;
    }
    const mean = Array.from(sum, (s) => s / n);
    const sd = Array.from(squares, (s, c) => Math.sqrt(Math.max(0, s / n - mean[c] ** 2)));
    const dead = sd.findIndex((v) => !(v > 0));
    if (dead >= 0)
      throw new InputError(`channel ${dead} of the latents is constant: it can't be scaled to unit variance`);
    return {mean, sd};
  }

  /** The least and the greatest value of each channel of the same HR latents. */
  async range(): Promise<LatentRange> {
    const {channels} = this.autoencoder.geometry;
    const low = Array.from({length: channels}, () => Number.POSITIVE_INFINITY);
    const high = Array.from({length: channels}, () => Number.NEGATIVE_INFINITY);
    for await (const hr of this.some()) {
      for (let k = 0; k < hr.length; k++) {
        low[k % channels] = Math.min(low[k % channels], hr[k]);
        high[k % channels] = Math.max(high[k % channels], hr[k]);
      }
    }
    return {low, high};
  }

  /** The HR latents of the first view of up to 512 images, spread over all. */
  private async *some(): AsyncGenerator<Float32Array> {
    const count = Math.min(imagesForStatistics, this.images.count);
    for (let i = 0; i < count; i++) {
      const index = Math.floor((i * this.images.count) / count);
      const pair =
        this.pairs?.[index * this.views] ??
        (await this.encode([this.view(await this.images.read(index), index, 0)]))[0];
      yield pair.hr;
    }
  }

  /** A crop of an image, flipped; its id tells it from all others. */
  private view(image: Plane, index: number, view: number): Image {
    const {crop, seed} = this.options;
    const {data, width, height} = image;
    if (width < crop || height < crop) {
      throw new InputError(`image ${index} of the pool is ${width}×${height}, too small for crops of ${crop}`);
    }
    const generator = random("views", seed, index, view);
    const left = generator.integer(width - crop + 1);
    const top = generator.integer(height - crop + 1);
    const [mirror, upset] = [(view & 1) === 1, (view & 2) === 2];
    const values = new Float32Array(crop * crop);
    for (let y = 0; y < crop; y++) {
      const row = (top + (upset ? crop - 1 - y : y)) * width + left;
      for (let x = 0; x < crop; x++) values[y * crop + x] = data[row + (mirror ? crop - 1 - x : x)];
    }
    return {id: `${index}.${view}`, data: values, width: crop, height: crop};
  }

  private async encode(images: readonly Image[]): Promise<Pair[]> {
    const pairs: Pair[] = [];
    for (let i = 0; i < images.length; i += encodeTogether) {
      const part = images.slice(i, i + encodeTogether);
      const hr = await this.latents(part, "hr");
      const lr = await this.latents(
        part.map((image) => degrader.apply(image)),
        "lr"
      );
      for (let j = 0; j < part.length; j++) pairs.push({hr: hr[j], lr: lr[j]});
    }
    return pairs;
  }

  private async latents(images: readonly Image[], which: string): Promise<Float32Array[]> {
    const {latent, seed} = this.options;
    const latents = tf.tidy(() => {
      const batch = greyTensor(images, this.autoencoder.imageChannels);
      return latent === "mean"
        ? this.autoencoder.encode(batch)
        : sampling(this.autoencoder).sample(
            batch,
            seed,
            images.map(({id}) => `${which}.${id}`)
          );
    });
    const values = await latents.data<"float32">();
    latents.dispose();
    const size = values.length / images.length;
    return images.map((_, i) => values.slice(i * size, (i + 1) * size));
  }

  private tensor(list: readonly Float32Array[], side: number): tf.Tensor4D {
    const {channels, factor} = this.autoencoder.geometry;
    const all = new Float32Array(list.length * list[0].length);
    list.forEach((values, i) => {
      all.set(values, i * values.length);
    });
    return tf.tensor4d(all, [list.length, side / factor, side / factor, channels]);
  }
}
