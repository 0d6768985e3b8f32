import {createRequire} from "node:module";
import {pathToFileURL} from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import {InputError} from "../../errors.js";
import type {Engine} from "../engine.js";
import {quietly, registerGradients, require as requirePackage, tfjsVersion} from "../packages.js";

/** Dawn for Node. Its libraries for all systems take 130 MB, so it is not a dependency. */
const dawnVersion = "0.6.2";

interface Adapter {
  readonly info: {
    vendor: string;
    architecture: string;
    device: string;
    description: string;
    isFallbackAdapter?: boolean;
  };
  readonly isFallbackAdapter?: boolean;
}

interface Device {
  readonly lost: Promise<{message: string}>;
  addEventListener(type: "uncapturederror", listener: (event: {error: {message: string}}) => void): void;
}

/**
 * WebGPU through Dawn, where a GPU that is not software answers. Software is correct, but slower than wasm by two orders
 * of magnitude: BANDSCOPE_WEBGPU_SOFTWARE=1 takes it nevertheless.
 *
 * @throws InputError when Dawn is not installed, does not load, or finds no GPU.
 */
export async function startWebgpu(): Promise<Engine> {
  const gpu = await createDawn();
  const adapter = (await gpu.requestAdapter({powerPreference: "high-performance"})) as Adapter | null;
  if (!adapter) throw new InputError("Dawn finds no GPU here: it needs a GPU with a Vulkan driver, and libvulkan1");
  const {vendor, architecture, description} = adapter.info;
  const device = [description, vendor, architecture].find((text) => text) ?? "unnamed";
  const software =
    (adapter.info.isFallbackAdapter ?? adapter.isFallbackAdapter) ||
    /swiftshader|llvmpipe|lavapipe|software|basic render/i.test(`${vendor} ${architecture} ${description}`);
  if (software && process.env.BANDSCOPE_WEBGPU_SOFTWARE !== "1") {
    throw new InputError(
      `the only GPU that Dawn finds is software (${device}), slower than wasm; a real one needs its Vulkan driver`
    );
  }
  registerGradients();
  quietly(() => requirePackage("@tensorflow/tfjs-backend-webgpu"));
  if (!(await quietly(() => tf.setBackend("webgpu")))) throw new InputError(`WebGPU did not start on ${device}`);
  await tf.ready();
  makeErrorsFatal((tf.backend() as unknown as {device: Device}).device);
  return {name: "webgpu", backend: "webgpu", version: `${tfjsVersion}, Dawn ${dawnVersion}`, threads: 0, device};
}

type Gpu = {requestAdapter(options: object): Promise<unknown>};

async function createDawn(): Promise<Gpu> {
  const require = createRequire(import.meta.url);
  let entry: string;
  try {
    entry = require.resolve("webgpu");
  } catch {
    throw new InputError(`Dawn is not installed; npm install --no-save webgpu@${dawnVersion} adds it (130 MB)`);
  }
  let dawn: {create(options: string[]): Gpu; globals: object};
  try {
    dawn = await import(pathToFileURL(entry).href);
  } catch (error) {
    throw new InputError(`Dawn does not load here (${(error as Error).message.split("\n")[0]})`, {cause: error});
  }
  Object.assign(globalThis, dawn.globals);
  const gpu = dawn.create([]);
  Object.defineProperty(globalThis.navigator ?? defineNavigator(), "gpu", {value: gpu, configurable: true});
  return gpu;
}

/** Node 20 has no navigator. */
function defineNavigator(): object {
  const navigator = {};
  Object.defineProperty(globalThis, "navigator", {value: navigator, configurable: true});
  return navigator;
}

/** A buffer over the device's limit reads as zeros, without a word in the result: better no result than that one. */
function makeErrorsFatal(device: Device): void {
  const die = (message: string) => {
    setImmediate(() => {
      throw new Error(`WebGPU: ${message}`);
    });
  };
  device.addEventListener("uncapturederror", ({error}) => die(error.message));
  device.lost.then(({message}) => die(`the device was lost: ${message}`));
}
