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

  /**
   * One step on the variables that have a gradient under the same name. Gradients stay the caller's to dispose.
   *
   * An engine may have a kernel `AdamW` that takes all variables at once; elsewhere it is composed.
   * @param scale of the gradients, such as `clipFactor`
   */
  step(
    parameters: Readonly<Record<string, tf.Variable>>,
    gradients: tf.NamedTensorMap,
    learningRate: number,
    scale = 1
  ): void {
    const settings: Settings = {...this.settings(learningRate), scale};
    this.steps++;
    const items = Object.entries(gradients).map(([name, gradient]) => {
      const parameter = parameters[name];
      return {parameter, gradient, ...this.momentsOf(name, parameter.shape)};
    });
    if (items.length === 0) return;
    if (hasKernel("AdamW")) stepFused(items, settings);
    else for (const item of items) stepComposed(item, settings);
  }

  /** The numbers that the next step is made with. */
  settings(learningRate: number): AdamWSettings {
    const step = this.steps + 1;
    return {
      beta1: this.beta1,
      rest1: 1 - this.beta1,
      beta2: this.beta2,
      rest2: 1 - this.beta2,
      scale1: learningRate / (1 - this.beta1 ** step),
      scale2: 1 / Math.sqrt(1 - this.beta2 ** step),
      epsilon: this.epsilon,
      shrink: 1 - learningRate * this.weightDecay
    };
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

/** A step of AdamW in numbers: both decays and what is left to 1, the moments' scales, ε, what a parameter is multiplied with. */
export type AdamWSettings = Readonly<
  Record<"beta1" | "rest1" | "beta2" | "rest2" | "scale1" | "scale2" | "epsilon" | "shrink", number>
>;

/** What a step is made with, and the gradients' factor; the order is the kernel's. */
type Settings = AdamWSettings & {readonly scale: number};

interface Item extends Moments {
  readonly parameter: tf.Variable;
  readonly gradient: tf.Tensor;
}

function stepComposed({parameter, gradient, first, second}: Item, s: Settings): void {
  tf.tidy(() => {
    const g = s.scale === 1 ? gradient : tf.mul(gradient, s.scale);
    const m = tf.add(tf.mul(first, s.beta1), tf.mul(g, s.rest1));
    const v = tf.add(tf.mul(second, s.beta2), tf.mul(tf.square(g), s.rest2));
    const step = tf.div(tf.mul(m, s.scale1), tf.add(tf.mul(tf.sqrt(v), s.scale2), s.epsilon));
    parameter.assign(tf.sub(tf.mul(parameter, s.shrink), step));
    first.assign(m);
    second.assign(v);
  });
}

function stepFused(items: readonly Item[], settings: Settings): void {
  tf.tidy(() => {
    const order = Object.values(settings);
    const results = runOnLists(
      "AdamW",
      [
        items.map(({parameter}) => parameter),
        items.map(({gradient}) => gradient),
        items.map(({first}) => first),
        items.map(({second}) => second)
      ],
      tf.tensor1d(order)
    );
    items.forEach(({parameter, first, second}, i) => {
      parameter.assign(results[i]);
      first.assign(results[items.length + i]);
      second.assign(results[2 * items.length + i]);
    });
  });
}

/** The sum of the squares of all values of all tensors; its root is their joint Euclidean norm. */
export function squareSum(tensors: readonly tf.Tensor[]): tf.Scalar {
  return tf.tidy(() =>
    hasKernel("SquareSum")
      ? (runOnLists("SquareSum", [tensors])[0] as tf.Scalar)
      : // not `addN`, which on WebGPU takes no more tensors than a shader has buffers
        tf.sum<tf.Scalar>(tf.stack(tensors.map((tensor) => tf.sum(tf.square(tensor)))))
  );
}

/** What gradients of a joint norm are multiplied with so that it is at most `limit` (torch's `clip_grad_norm_`). */
export function clipFactor(norm: number, limit: number): number {
  return Math.min(1, limit / (norm + 1e-6));
}

/** Moves each average towards the value of the same name: decay·average + (1 - decay)·value. */
export function moveAverages(
  averages: Readonly<Record<string, tf.Variable>>,
  values: tf.NamedTensorMap,
  decay: number
): void {
  const list = Object.entries(averages);
  if (list.length === 0) return;
  tf.tidy(() => {
    if (hasKernel("Blend")) {
      const lists = [list.map(([, average]) => average), list.map(([name]) => values[name])];
      const results = runOnLists("Blend", lists, tf.tensor1d([decay, 1 - decay]));
      list.forEach(([, average], i) => void average.assign(results[i]));
    } else {
      for (const [name, average] of list) {
        average.assign(tf.add(tf.mul(average, decay), tf.mul(values[name], 1 - decay)));
      }
    }
  });
}

function hasKernel(name: string): boolean {
  return tf.getKernel(name, tf.getBackend()) !== undefined;
}

/** Runs a kernel on lists of equally many tensors, and what comes behind them. */
function runOnLists(kernel: string, lists: readonly (readonly tf.Tensor[])[], ...more: tf.Tensor[]): tf.Tensor[] {
  const inputs = Object.fromEntries([...lists.flat(), ...more].map((tensor, i) => [`input${i}`, tensor]));
  return tf.engine().runKernel(kernel, inputs, {count: lists[0].length}) as unknown as tf.Tensor[];
}

/** A cosine from `peak` to `peak × floor` after a linear warm-up of `warmup` steps; `step` counts from 0. */
export function cosineRate(step: number, steps: number, peak: number, warmup = 0, floor = 0): number {
  if (step < warmup) return (peak * (step + 1)) / warmup;
  const t = Math.min(1, (step - warmup) / Math.max(1, steps - warmup));
  return peak * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * t)));
}
