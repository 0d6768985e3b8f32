import * as tf from "@tensorflow/tfjs-core";
import type {Weights} from "../ops/index.js";
import {AdamW, clipFactor, cosineRate, moveAverages, squareSum} from "./adamw.js";
import type {Stepper, StepperMaker} from "./stepper.js";

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
  private makeStepper: StepperMaker | undefined;
  private stepper: Stepper | undefined;
  /** The stepper has taken steps that the variables do not know of. */
  private behind = false;

  /** @param variables have the present values when `state` or `weights` has been called */
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

  /**
   * Lets something else than one operation after the other take the steps from the next one on, such as the native engine's
   * threads. The same up to rounding; with equally many parts of a batch, exactly.
   */
  accelerate(make: StepperMaker | undefined): void {
    this.pull();
    this.stepper?.dispose();
    this.stepper = undefined;
    this.makeStepper = make;
  }

  /** Into how many parts the last step's batch was divided. */
  get parts(): number {
    return this.stepper?.parts ?? 1;
  }

  /** The weights to use: the moving average, or without one the present weights. They stay the trainer's. */
  weights(): Weights {
    this.pull();
    return this.optimization.ema > 0 ? this.averages : this.variables;
  }

  /** Everything that the next step depends on, by name; restore it with `restore`. */
  state(): Record<string, tf.Tensor> {
    this.pull();
    const state: Record<string, tf.Tensor> = {};
    for (const [name, value] of Object.entries(this.variables)) state[`weights.${name}`] = value;
    for (const [name, value] of Object.entries(this.averages)) state[`average.${name}`] = value;
    for (const [name, value] of Object.entries(this.optimizer.state())) state[`adam.${name}`] = value;
    return state;
  }

  /** Goes back to a state that was saved after `steps` steps. */
  restore(steps: number, read: (name: string) => Float32Array): void {
    this.assign(steps, read);
    this.behind = false;
    // the next step makes one that has these values
    this.stepper?.dispose();
    this.stepper = undefined;
  }

  /** Lets go of the optimizer and the averages; the variables are the caller's. */
  dispose(): void {
    this.stepper?.dispose();
    this.stepper = undefined;
    this.optimizer.dispose();
    tf.dispose(this.averages);
  }

  /**
   * The loss of some images and, behind it, what it is made of: each a mean over the images. It depends on nothing but the
   * inputs and the variables, and is computed from any number of images in the same way.
   * @param inputs as `descend` was given them, or some of their rows
   */
  protected abstract terms(inputs: readonly tf.Tensor[]): tf.Scalar[];

  /**
   * One step down the loss' gradient.
   * @param inputs of float32, whose first axis is the batch; they stay the caller's
   * @throws RangeError when the loss is no longer a number, before any weight is changed
   */
  protected async descend(
    inputs: readonly tf.Tensor[]
  ): Promise<OptimizationStep & {readonly terms: readonly number[]}> {
    const {steps, learningRate: peak, warmup} = this.optimization;
    const step = this.optimizer.steps;
    const learningRate = cosineRate(step, steps, peak, warmup);
    const {terms, norm} = (await this.stepperFor(inputs))
      ? await this.stepInOne(inputs, learningRate)
      : await this.stepByOperations(inputs, learningRate);
    if (!Number.isFinite(terms[0]) || !Number.isFinite(norm)) {
      throw new RangeError(
        `invalid loss at step ${step}: ${terms[0]} (gradient norm ${norm}); lower the learning rate`
      );
    }
    return {step, loss: terms[0], gradientNorm: norm, learningRate, terms};
  }

  /** Changes nothing when the loss or the norm is not a number. */
  private async stepByOperations(
    inputs: readonly tf.Tensor[],
    learningRate: number
  ): Promise<{terms: number[]; norm: number}> {
    const {value, grads} = this.gradients(inputs, 1);
    const squares = squareSum(grads);
    // WebGPU has only `data`; asked for together, all come in one wait
    const [sum, ...terms] = (await Promise.all([squares, ...value].map((t) => t.data()))).map(([number]) => number);
    tf.dispose([squares, value]);
    const norm = Math.sqrt(sum);
    if (Number.isFinite(terms[0]) && Number.isFinite(norm)) {
      const named = Object.fromEntries(Object.keys(this.variables).map((name, i) => [name, grads[i]]));
      this.optimizer.step(this.variables, named, learningRate, clipFactor(norm, this.optimization.clip));
      const decay = this.decay();
      if (decay > 0) moveAverages(this.averages, this.variables, decay);
    }
    tf.dispose(grads);
    return {terms, norm};
  }

  /** The terms and, in the order of the variables, the loss' gradients, all multiplied with `share`. */
  private gradients(inputs: readonly tf.Tensor[], share: number): {value: tf.Scalar[]; grads: tf.Tensor[]} {
    const more: tf.Scalar[] = [];
    const variables = Object.values(this.variables);
    const {value, grads} = tf.variableGrads(() => {
      const terms = this.terms(inputs);
      const [loss, ...rest] = share === 1 ? terms : terms.map((term) => tf.mul(term, share) as tf.Scalar);
      more.push(...rest.map((term) => tf.keep(term)));
      return loss;
    }, variables);
    // variableGrads names gradients by the variables' own names
    return {value: [value, ...more], grads: variables.map((v) => grads[v.name])};
  }

  private async stepInOne(
    inputs: readonly tf.Tensor[],
    learningRate: number
  ): Promise<{terms: readonly number[]; norm: number}> {
    const values = await valuesOf(inputs);
    const decay = this.decay(this.optimizer.steps + 1);
    const settings = {...this.optimizer.settings(learningRate), limit: this.optimization.clip, decay, rest: 1 - decay};
    const report = this.stepper!.step(values, settings);
    if (Number.isFinite(report.terms[0]) && Number.isFinite(report.norm)) {
      this.optimizer.steps++;
      this.behind = true;
    }
    return report;
  }

  /** The stepper for batches like this one; undefined where there is none. */
  private async stepperFor(inputs: readonly tf.Tensor[]): Promise<Stepper | undefined> {
    if (this.makeStepper && !this.stepper?.fits(inputs)) {
      this.pull();
      this.stepper?.dispose();
      const {variables} = this;
      this.stepper = this.makeStepper({variables, inputs, gradients: (rows, share) => this.gradients(rows, share)});
      if (this.stepper) await this.push(this.stepper);
      else this.makeStepper = undefined;
    }
    return this.stepper;
  }

  /** Of the moving average, after so many steps. */
  private decay(steps = this.optimizer.steps): number {
    const {ema} = this.optimization;
    // young averages follow faster, so that the random start is soon forgotten
    return ema === 0 ? 0 : Math.min(ema, (1 + steps) / (10 + steps));
  }

  /** Gives the stepper the variables' values. */
  private async push(stepper: Stepper): Promise<void> {
    const state = this.state();
    const values = await valuesOf(Object.values(state));
    Object.keys(state).forEach((name, i) => {
      stepper.write(name, values[i]);
    });
  }

  /** Gives the variables the stepper's values, where they are behind. */
  private pull(): void {
    if (!this.stepper || !this.behind) return;
    this.behind = false;
    this.assign(this.optimizer.steps, (name) => this.stepper!.read(name));
  }

  private assign(steps: number, read: (name: string) => Float32Array): void {
    tf.tidy(() => {
      for (const [name, v] of Object.entries(this.variables)) v.assign(tf.tensor(read(`weights.${name}`), v.shape));
      for (const [name, v] of Object.entries(this.averages)) v.assign(tf.tensor(read(`average.${name}`), v.shape));
    });
    const shapes = Object.fromEntries(Object.entries(this.variables).map(([name, v]) => [name, v.shape]));
    this.optimizer.restore(steps, (name) => read(`adam.${name}`), shapes);
  }
}

function valuesOf(tensors: readonly tf.Tensor[]): Promise<Float32Array[]> {
  return Promise.all(tensors.map((tensor) => tensor.data<"float32">()));
}
