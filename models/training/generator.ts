import * as tf from "@tensorflow/tfjs-core";
import {random} from "../../src/measures/random.js";
import type {Process} from "../generators/generator.js";
import {trainingPair} from "../generators/trainingPair.js";
import {embedTimesteps, type UNetArchitecture, unetForward} from "../unet/network.js";
import {type OptimizationOptions, type OptimizationStep, Trainer} from "./trainer.js";

/** How a generator's U-Net is trained. */
export interface GeneratorTrainingOptions extends OptimizationOptions {
  /** Mean absolute error of what is predicted (the study's), or mean squared error. */
  readonly loss: "l1" | "l2";
}

/**
 * Trains the U-Net of a conditional latent generator: diffusion on x₀, ε or v, or a rectified flow's velocity. Times and noise
 * of a step depend on the seed and the step's number alone.
 */
export class GeneratorTrainer extends Trainer {
  constructor(
    variables: Record<string, tf.Variable>,
    private readonly architecture: UNetArchitecture,
    private readonly process: Process,
    private readonly options: GeneratorTrainingOptions
  ) {
    super(variables, options);
  }

  /**
   * One step on a batch, which stays the caller's.
   * @param latent of HR images, [n, h, w, c]
   * @param condition LR latents at the same size, [n, h, w, c']
   * @throws RangeError when the loss is no longer a number, before any weight is changed
   */
  async step(latent: tf.Tensor4D, condition: tf.Tensor4D): Promise<OptimizationStep> {
    const generator = random("generator", this.options.seed, this.steps);
    const {input, target, timesteps} = trainingPair(this.process, latent, condition, generator);
    const times = embedTimesteps(this.architecture, timesteps);
    try {
      const {terms, ...report} = await this.descend([input, target, times]);
      return report;
    } finally {
      tf.dispose([input, target, times]);
    }
  }

  protected terms([input, target, times]: readonly tf.Tensor[]): tf.Scalar[] {
    const error = tf.sub(
      unetForward(this.variables, this.architecture, input as tf.Tensor4D, times as tf.Tensor2D),
      target
    );
    return [tf.mean(this.options.loss === "l1" ? tf.abs(error) : tf.square(error)) as tf.Scalar];
  }
}
