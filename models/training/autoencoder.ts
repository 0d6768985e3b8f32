import * as tf from "@tensorflow/tfjs-core";
import {type KlArchitecture, klDecode, klMoments} from "../autoencoders/klNetwork.js";
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
  step(batch: tf.Tensor4D): TrainingStep {
    const parts: tf.Scalar[] = [];
    try {
      const {step, loss, ...rest} = this.descend(() => {
        const terms = this.terms(batch, this.steps);
        parts.push(tf.keep(terms.l1), tf.keep(terms.kl));
        return tf.addN([terms.l1, tf.mul(terms.kl, this.options.kl), tf.mul(terms.gradient, this.options.gradient)]);
      });
      const [l1, kl] = parts.map((part) => part.dataSync()[0]);
      return {step, loss, l1, kl, ...rest};
    } finally {
      tf.dispose(parts);
    }
  }

  private terms(batch: tf.Tensor4D, step: number): {l1: tf.Scalar; kl: tf.Scalar; gradient: tf.Scalar} {
    const [mean, raw] = tf.split(klMoments(this.variables, this.architecture, batch), 2, 3) as [
      tf.Tensor4D,
      tf.Tensor4D
    ];
    const logvar = tf.clipByValue(raw, -30, 20);
    const noise = tf.randomNormal(mean.shape, 0, 1, "float32", this.options.seed * 1_000_003 + step);
    const sample = tf.add(mean, tf.mul(tf.exp(tf.mul(logvar, 0.5)), noise)) as tf.Tensor4D;
    const error = tf.sub(klDecode(this.variables, this.architecture, sample), batch) as tf.Tensor4D;
    const [n, height, width, channels] = batch.shape;
    const divergence = tf.sum(tf.sub(tf.sub(tf.add(tf.square(mean), tf.exp(logvar)), 1), logvar));
    return {
      l1: tf.mean(tf.abs(error)) as tf.Scalar,
      kl: tf.mul(divergence, 0.5 / (n * height * width * channels)) as tf.Scalar,
      gradient: (this.options.gradient > 0 ? differences(error) : tf.scalar(0)) as tf.Scalar
    };
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
