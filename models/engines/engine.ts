/**
 * The engines that can run the models, best first. The two native ones are one tfjs backend (`tensorflow`): which of
 * them it is depends on whether the library that it found lists a GPU.
 */
export const engineNames = ["tfjs-node-gpu", "tfjs-node", "webgpu", "wasm", "cpu"] as const;
export type EngineName = (typeof engineNames)[number];

/** Whether an engine computes on a GPU, which its processes then share. */
export function isGpuEngine(name: EngineName): boolean {
  return name === "tfjs-node-gpu" || name === "webgpu";
}

/** What a result must record about the machinery that made it. */
export interface Engine {
  readonly name: EngineName;
  /** The tfjs backend that it registers as: `tensorflow`, `webgpu`, `wasm` or `cpu`. */
  readonly backend: string;
  /** For provenance, e.g. `tfjs 4.22.0, TensorFlow 2.21.0` or `tfjs 4.22.0, wasm simd`. */
  readonly version: string;
  /** Threads for the arithmetic; 0 on a GPU. */
  readonly threads: number;
  /** The GPU's name, where there is one. */
  readonly device?: string;
}
