import * as tf from "@tensorflow/tfjs-core";

/** Settings of AdamW, with PyTorch's defaults. */
export interface AdamWOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Decoupled: parameters shrink by `learning rate × weightDecay` a step. */
  readonly weightDecay?: number;
}

/** The optimizer's memory of one parameter. */
interface Moments {
  readonly first: tf.Variable;
  readonly second: tf.Variable;
}

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019), as `torch.optim.AdamW` computes it. Its state
 * can be read out and put back, so that an interrupted training goes on exactly.
 */
export class AdamW {
  private readonly moments = new Map<string, Moments>();
  private readonly beta1: number;
  private readonly beta2: number;
  private readonly epsilon: number;
  private readonly weightDecay: number;
  /** Steps taken. */
  steps = 0;

  constructor({beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01}: AdamWOptions = {}) {
    this.beta1 = beta1;
    this.beta2 = beta2;
    this.epsilon = epsilon;
    this.weightDecay = weightDecay;
  }

  /** One step on the variables that have a gradient under the same name. Gradients stay the caller's to dispose. */
  step(parameters: Readonly<Record<string, tf.Variable>>, gradients: tf.NamedTensorMap, learningRate: number): void {
    this.steps++;
    const scale1 = learningRate / (1 - this.beta1 ** this.steps);
    const scale2 = 1 / Math.sqrt(1 - this.beta2 ** this.steps);
    for (const name of Object.keys(gradients)) {
      const parameter = parameters[name];
      const {first, second} = this.momentsOf(name, parameter.shape);
      tf.tidy(() => {
        const gradient = gradients[name];
        const m = tf.add(tf.mul(first, this.beta1), tf.mul(gradient, 1 - this.beta1));
        const v = tf.add(tf.mul(second, this.beta2), tf.mul(tf.square(gradient), 1 - this.beta2));
        const step = tf.div(tf.mul(m, scale1), tf.add(tf.mul(tf.sqrt(v), scale2), this.epsilon));
        parameter.assign(tf.sub(tf.mul(parameter, 1 - learningRate * this.weightDecay), step));
        first.assign(m);
        second.assign(v);
      });
    }
  }

  /** The moments by parameter's name, `NAME.m` and `NAME.v`; the tensors stay the optimizer's. */
  state(): Record<string, tf.Tensor> {
    const state: Record<string, tf.Tensor> = {};
    for (const [name, {first, second}] of this.moments) {
      state[`${name}.m`] = first;
      state[`${name}.v`] = second;
    }
    return state;
  }

  /** Puts back what `state` gave, together with the number of steps taken. */
  restore(steps: number, read: (name: string) => Float32Array, shapes: Readonly<Record<string, number[]>>): void {
    this.steps = steps;
    for (const [name, shape] of Object.entries(shapes)) {
      const {first, second} = this.momentsOf(name, shape);
      tf.tidy(() => {
        first.assign(tf.tensor(read(`${name}.m`), shape));
        second.assign(tf.tensor(read(`${name}.v`), shape));
      });
    }
  }

  dispose(): void {
    for (const {first, second} of this.moments.values()) tf.dispose([first, second]);
    this.moments.clear();
  }

  private momentsOf(name: string, shape: number[]): Moments {
    let moments = this.moments.get(name);
    if (moments === undefined) {
      const zeros = () => tf.tidy(() => tf.variable(tf.zeros(shape), false));
      moments = {first: zeros(), second: zeros()};
      this.moments.set(name, moments);
    }
    return moments;
  }
}

/** Scales all gradients so that their joint Euclidean norm is at most `limit` (torch's `clip_grad_norm_`), and gives that norm. */
export function clipByGlobalNorm(
  gradients: tf.NamedTensorMap,
  limit: number
): {clipped: tf.NamedTensorMap; norm: number} {
  const norm = tf.tidy(() => {
    const squares = Object.values(gradients).map((g) => tf.sum(tf.square(g)));
    return Math.sqrt(tf.addN(squares).dataSync()[0]);
  });
  const factor = Math.min(1, limit / (norm + 1e-6));
  return {
    norm,
    clipped: Object.fromEntries(Object.entries(gradients).map(([name, g]) => [name, tf.tidy(() => tf.mul(g, factor))]))
  };
}

/** A cosine from `peak` to `peak × floor` after a linear warm-up of `warmup` steps; `step` counts from 0. */
export function cosineRate(step: number, steps: number, peak: number, warmup = 0, floor = 0): number {
  if (step < warmup) return (peak * (step + 1)) / warmup;
  const t = Math.min(1, (step - warmup) / Math.max(1, steps - warmup));
  return peak * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * t)));
}
