import * as tf from "@tensorflow/tfjs-core";
import {type KlArchitecture, klDecode, klGeometry, klMoments} from "../autoencoders/klNetwork.js";
import {type OptimizationOptions, type OptimizationStep, Trainer} from "./trainer.js";

/** How an AutoencoderKL is trained. */
export interface AutoencoderTrainingOptions extends OptimizationOptions {
  /** Weight of the Kullback–Leibler term, relative to the absolute error when both are summed over an image. */
  readonly kl: number;
  /** Weight of the mean absolute error of the horizontal and vertical differences, which favours sharp edges. */
  readonly gradient: number;
}

/** What a step reports. */
export interface TrainingStep extends OptimizationStep {
  /** Mean absolute error in the network's range [-1, 1]. */
  readonly l1: number;
  readonly kl: number;
}

/**
 * Trains an AutoencoderKL step by step: L1 plus KL (Rombach et al. 2022, without the perceptual and adversarial terms),
 * AdamW, a cosine learning rate, gradient clipping, an average of the weights. What a step draws depends on the seed and
 * the step's number alone, so a training that is interrupted and restored goes on exactly as it would have.
 */
export class AutoencoderTrainer extends Trainer {
  constructor(
    variables: Record<string, tf.Variable>,
    private readonly architecture: KlArchitecture,
    private readonly options: AutoencoderTrainingOptions
  ) {
    super(variables, options);
  }

  /**
   * One step on a batch [n, h, w, c] in [-1, 1], which stays the caller's.
   * @throws RangeError when the loss is no longer a number, before any weight is changed
   */
  async step(batch: tf.Tensor4D): Promise<TrainingStep> {
    const [n, height, width] = batch.shape;
    const {latentChannels} = this.architecture;
    const {factor} = klGeometry(this.architecture);
    const noise = tf.randomNormal(
      [n, height / factor, width / factor, latentChannels],
      0,
      1,
      "float32",
      this.options.seed * 1_000_003 + this.steps
    );
    try {
      const {step, loss, terms, ...rest} = await this.descend([batch, noise]);
      const [, l1, kl] = terms;
      return {step, loss, l1, kl, ...rest};
    } finally {
      noise.dispose();
    }
  }

  protected terms([images, noise]: readonly tf.Tensor[]): tf.Scalar[] {
    const batch = images as tf.Tensor4D;
    const [mean, raw] = tf.split(klMoments(this.variables, this.architecture, batch), 2, 3) as [
      tf.Tensor4D,
      tf.Tensor4D
    ];
    const logvar = tf.clipByValue(raw, -30, 20);
    const sample = tf.add(mean, tf.mul(tf.exp(tf.mul(logvar, 0.5)), noise)) as tf.Tensor4D;
    const error = tf.sub(klDecode(this.variables, this.architecture, sample), batch) as tf.Tensor4D;
    const divergence = tf.sum(tf.sub(tf.sub(tf.add(tf.square(mean), tf.exp(logvar)), 1), logvar));
    const l1 = tf.mean(tf.abs(error)) as tf.Scalar;
    const kl = tf.mul(divergence, 0.5 / batch.size) as tf.Scalar;
    const gradient = (this.options.gradient > 0 ? differences(error) : tf.scalar(0)) as tf.Scalar;
    const loss = tf.addN([l1, tf.mul(kl, this.options.kl), tf.mul(gradient, this.options.gradient)]);
    return [loss as tf.Scalar, l1, kl];
  }
}

/** The mean absolute difference of neighbours, over both directions. */
function differences(x: tf.Tensor4D): tf.Tensor {
  const [n, height, width, channels] = x.shape;
  const down = tf.sub(
    tf.slice(x, [0, 1, 0, 0], [n, height - 1, width, channels]),
    tf.slice(x, [0, 0, 0, 0], [n, height - 1, width, channels])
  );
  const right = tf.sub(
    tf.slice(x, [0, 0, 1, 0], [n, height, width - 1, channels]),
    tf.slice(x, [0, 0, 0, 0], [n, height, width - 1, channels])
  );
  return tf.mul(tf.add(tf.mean(tf.abs(down)), tf.mean(tf.abs(right))), 0.5);
}
