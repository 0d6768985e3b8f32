import * as tf from "@tensorflow/tfjs-core";
import type {Weights} from "../ops/index.js";
import {AdamW, clipFactor, cosineRate, globalNorm, moveAverages} from "./adamw.js";

/** How weights are optimised, whatever they are the weights of. */
export interface OptimizationOptions {
  readonly steps: number;
  /** The cosine's peak, after `warmup` steps. */
  readonly learningRate: number;
  readonly warmup: number;
  readonly weightDecay: number;
  /** Limit of the gradients' joint norm. */
  readonly clip: number;
  /** Decay of the exponential moving average of the weights, which is what a training yields; 0 for the last weights. */
  readonly ema: number;
  readonly seed: number;
}

/** What every step reports. */
export interface OptimizationStep {
  readonly step: number;
  readonly loss: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
}

/**
 * AdamW on a cosine learning rate with gradient clipping and a moving average of the weights. What a step draws must depend
 * on the seed and the step's number alone: then a training that is interrupted and restored goes on exactly as it would have.
 */
export abstract class Trainer {
  private readonly optimizer: AdamW;
  /** The moving average of each weight. */
  private readonly averages: Record<string, tf.Variable>;

  protected constructor(
    readonly variables: Record<string, tf.Variable>,
    private readonly optimization: OptimizationOptions
  ) {
    this.optimizer = new AdamW({weightDecay: optimization.weightDecay});
    this.averages = Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, tf.tidy(() => tf.variable(tf.clone(value), false))])
    );
  }

  /** Steps taken. */
  get steps(): number {
    return this.optimizer.steps;
  }

  /** The weights to use: the moving average, or without one the present weights. They stay the trainer's. */
  weights(): Weights {
    return this.optimization.ema > 0 ? this.averages : this.variables;
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

  /**
   * One step down the gradient of `loss`.
   * @throws RangeError when the loss is no longer a number, before any weight is changed
   */
  protected descend(loss: () => tf.Scalar): OptimizationStep {
    const {steps, learningRate: peak, warmup, clip} = this.optimization;
    const step = this.optimizer.steps;
    const learningRate = cosineRate(step, steps, peak, warmup);
    const {value, grads} = tf.variableGrads(loss, Object.values(this.variables));
    const lossNow = value.dataSync()[0];
    value.dispose();
    // variableGrads names gradients by the variables' own names
    const named = Object.fromEntries(Object.entries(this.variables).map(([name, v]) => [name, grads[v.name]]));
    const norm = globalNorm(Object.values(named));
    if (!Number.isFinite(lossNow) || !Number.isFinite(norm)) {
      tf.dispose(grads);
      throw new RangeError(`invalid loss at step ${step}: ${lossNow} (gradient norm ${norm}); lower the learning rate`);
    }
    this.optimizer.step(this.variables, named, learningRate, clipFactor(norm, clip));
    tf.dispose(grads);
    this.average();
    return {step, loss: lossNow, gradientNorm: norm, learningRate};
  }

  private average(): void {
    const {ema} = this.optimization;
    if (ema === 0) return;
    // young averages follow faster, so that the random start is soon forgotten
    const decay = Math.min(ema, (1 + this.optimizer.steps) / (10 + this.optimizer.steps));
    moveAverages(this.averages, this.variables, decay);
  }
}
