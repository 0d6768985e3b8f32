import {InputError} from "../errors.js";
import type {Process} from "./generator.js";
import {schedule} from "./schedules.js";
import type {Target} from "./targets.js";

const targets: Record<string, Target> = {sample: "x0", epsilon: "eps", v_prediction: "v"};

/**
 * The process that a diffusers `scheduler_config.json` describes. Only what decides the training counts: β, prediction type,
 * time steps; the sampler is chosen here.
 * @throws InputError where it is not a diffusion of a known kind
 */
export function diffusersProcess(config: Readonly<Record<string, unknown>>, source: string): Process {
  const {prediction_type = "epsilon", beta_schedule = "linear", trained_betas} = config;
  const target = targets[String(prediction_type)];
  if (!target) throw new InputError(`${source}: the prediction_type ${JSON.stringify(prediction_type)} is not known`);
  if (trained_betas) throw new InputError(`${source}: a scheduler with trained_betas is not supported`);
  const timesteps = Number(config.num_train_timesteps ?? 1000);
  if (!(Number.isInteger(timesteps) && timesteps > 0 && timesteps <= 1e6)) {
    throw new InputError(`${source}: num_train_timesteps must be a whole number above 0, not ${timesteps}`);
  }
  const beta = (name: string, byDefault: number): number => {
    const value = Number(config[name] ?? byDefault);
    if (value > 0 && value < 1) return value;
    throw new InputError(`${source}: ${name} must be between 0 and 1, not ${JSON.stringify(config[name])}`);
  };
  const [first, last] = [beta("beta_start", 1e-4), beta("beta_end", 2e-2)];
  const ramp = (a: number, b: number, f: (x: number) => number): Float64Array => {
    let product = 1;
    return Float64Array.from({length: timesteps}, (_, t) => {
      product *= 1 - f(timesteps === 1 ? a : a + ((b - a) * t) / (timesteps - 1));
      return product;
    });
  };
  switch (beta_schedule) {
    case "linear":
      return {kind: "diffusion", target, alphas: ramp(first, last, (x) => x), zlrInit: false};
    case "scaled_linear":
      return {
        kind: "diffusion",
        target,
        alphas: ramp(Math.sqrt(first), Math.sqrt(last), (x) => x * x),
        zlrInit: false
      };
    case "squaredcos_cap_v2":
      return {kind: "diffusion", target, alphas: schedule("cosine", timesteps), zlrInit: false};
    default:
      throw new InputError(
        `${source}: the beta_schedule ${JSON.stringify(beta_schedule)} is not supported; linear, scaled_linear and squaredcos_cap_v2 are`
      );
  }
}
