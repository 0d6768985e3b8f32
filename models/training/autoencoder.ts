import * as tf from "@tensorflow/tfjs-core";
import {type KlArchitecture, klDecode, klMoments} from "../autoencoders/klNetwork.js";
import type {Weights} from "../ops/index.js";
import {AdamW, clipByGlobalNorm, cosineRate} from "./adamw.js";

/** How an AutoencoderKL is trained. */
export interface AutoencoderTrainingOptions {
  readonly steps: number;
  /** The cosine's peak, after `warmup` steps. */
  readonly learningRate: number;
  readonly warmup: number;
  readonly weightDecay: number;
  /** Weight of the Kullback–Leibler term, relative to the absolute error when both are summed over an image. */
  readonly kl: number;
  /** Weight of the mean absolute error of the horizontal and vertical differences, which favours sharp edges. */
  readonly gradient: number;
  /** Limit of the gradients' joint norm. */
  readonly clip: number;
  /** Decay of the exponential moving average of the weights, which is what a training yields; 0 for the last weights. */
  readonly ema: number;
  readonly seed: number;
}

/** What a step reports. */
export interface TrainingStep {
  readonly step: number;
  readonly loss: number;
  /** Mean absolute error in the network's range [-1, 1]. */
  readonly l1: number;
  readonly kl: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
}

/**
 * Trains an AutoencoderKL step by step: L1 plus KL (Rombach et al. 2022, without the perceptual and adversarial terms),
 * AdamW, a cosine learning rate, gradient clipping, an average of the weights. What a step draws depends on the seed and
 * the step's number alone, so a training that is interrupted and restored goes on exactly as it would have.
 */
export class AutoencoderTrainer {
  private readonly optimizer: AdamW;
  /** The moving average of each weight. */
  private readonly averages: Record<string, tf.Variable>;

  constructor(
    readonly variables: Record<string, tf.Variable>,
    private readonly architecture: KlArchitecture,
    private readonly options: AutoencoderTrainingOptions
  ) {
    this.optimizer = new AdamW({weightDecay: options.weightDecay});
    this.averages = Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, tf.tidy(() => tf.variable(tf.clone(value), false))])
    );
  }

  /** Steps taken. */
  get steps(): number {
    return this.optimizer.steps;
  }

  /**
   * One step on a batch [n, h, w, c] in [-1, 1], which stays the caller's.
   * @throws RangeError when the loss is no longer a number, before any weight is changed
   */
  step(batch: tf.Tensor4D): TrainingStep {
    const {steps, learningRate: peak, warmup, clip} = this.options;
    const step = this.optimizer.steps;
    const rate = cosineRate(step, steps, peak, warmup);
    let l1 = Number.NaN;
    let kl = Number.NaN;
    const parts: tf.Scalar[] = [];
    const {value, grads} = tf.variableGrads(() => {
      const terms = this.terms(batch, step);
      parts.push(tf.keep(terms.l1), tf.keep(terms.kl));
      return tf.addN([terms.l1, tf.mul(terms.kl, this.options.kl), tf.mul(terms.gradient, this.options.gradient)]);
    }, Object.values(this.variables));
    const loss = value.dataSync()[0];
    [l1, kl] = parts.map((part) => part.dataSync()[0]);
    tf.dispose([value, ...parts]);
    // variableGrads names gradients by the variables' own names
    const named = Object.fromEntries(Object.entries(this.variables).map(([name, v]) => [name, grads[v.name]]));
    const {clipped, norm} = clipByGlobalNorm(named, clip);
    tf.dispose(grads);
    if (!Number.isFinite(loss) || !Number.isFinite(norm)) {
      tf.dispose(clipped);
      throw new RangeError(`invalid loss at step ${step}: ${loss} (gradient norm ${norm}); lower the learning rate`);
    }
    this.optimizer.step(this.variables, clipped, rate);
    tf.dispose(clipped);
    this.average();
    return {step, loss, l1, kl, gradientNorm: norm, learningRate: rate};
  }

  /** The weights to use: the moving average, or without one the present weights. They stay the trainer's. */
  weights(): Weights {
    return this.options.ema > 0 ? this.averages : this.variables;
  }

  /** Everything that the next step depends on, by name; restore it with `restore`. */
  state(): Record<string, tf.Tensor> {
    const state: Record<string, tf.Tensor> = {};
    for (const [name, value] of Object.entries(this.variables)) state[`weights.${name}`] = value;
    for (const [name, value] of Object.entries(this.averages)) state[`average.${name}`] = value;
    for (const [name, value] of Object.entries(this.optimizer.state())) state[`adam.${name}`] = value;
    return state;
  }

  /** Goes back to a state that was saved after `steps` steps. */
  restore(steps: number, read: (name: string) => Float32Array): void {
    tf.tidy(() => {
      for (const [name, v] of Object.entries(this.variables)) v.assign(tf.tensor(read(`weights.${name}`), v.shape));
      for (const [name, v] of Object.entries(this.averages)) v.assign(tf.tensor(read(`average.${name}`), v.shape));
    });
    const shapes = Object.fromEntries(Object.entries(this.variables).map(([name, v]) => [name, v.shape]));
    this.optimizer.restore(steps, (name) => read(`adam.${name}`), shapes);
  }

  /** Lets go of the optimizer and the averages; the variables are the caller's. */
  dispose(): void {
    this.optimizer.dispose();
    tf.dispose(this.averages);
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

  private average(): void {
    const {ema} = this.options;
    if (ema === 0) return;
    // young averages follow faster, so that the random start is soon forgotten
    const decay = Math.min(ema, (1 + this.optimizer.steps) / (10 + this.optimizer.steps));
    tf.tidy(() => {
      for (const [name, average] of Object.entries(this.averages)) {
        average.assign(tf.add(tf.mul(average, decay), tf.mul(this.variables[name], 1 - decay)));
      }
    });
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
