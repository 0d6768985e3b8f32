import type {Target} from "../../models/generators/targets.js";
import type {UNetConfig} from "../../models/unet/init.js";
import type {PhantomPool} from "./recipe.js";

/** A generator's training, as a JSON file describes it. Everything that determines the weights stands here. */
export interface GeneratorRecipe {
  /** `medical-f4c3.x0`: the autoencoder's id, a dot, the generator's. */
  readonly id: string;
  readonly kind: "generator";
  readonly licence: string;
  /** The id of an autoencoder in models/weights, in whose latents it works. */
  readonly autoencoder: string;
  /** What it learns to super-resolve: simulated images, or the training split of a dataset (what `openDataset` takes). */
  readonly pool: PhantomPool | {readonly datasets: readonly string[]; readonly size: number};
  /** Side of the square crops of HR, in pixels, and how many make a batch. */
  readonly crop: number;
  readonly batch: number;
  readonly process:
    | {
        readonly kind: "diffusion";
        readonly target: Target;
        readonly schedule: "cosine" | "linear";
        readonly timesteps: number;
      }
    | {readonly kind: "flow"; readonly timesteps: number};
  /** Latents as they are, or divided by the standard deviation of the training latents (with their mean taken away). */
  readonly scaling: "raw" | "unit-variance";
  readonly latent: "mean" | "sampled";
  /** The channels follow from the autoencoder. */
  readonly architecture: Omit<UNetConfig, "inputChannels" | "outputChannels">;
  readonly training: {
    readonly loss: "l1" | "l2";
    readonly steps: number;
    readonly learningRate: number;
    readonly warmup: number;
    readonly weightDecay: number;
    readonly clip: number;
    readonly ema: number;
    readonly seed: number;
  };
}
