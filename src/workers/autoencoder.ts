import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-webgl";
import "@tensorflow/tfjs-backend-webgpu";
import {setWasmPaths} from "@tensorflow/tfjs-backend-wasm";
import type {Autoencoder} from "../../models/autoencoders/autoencoder.js";
import {buildAutoencoder} from "../../models/autoencoders/build.js";
import {tinyHalf} from "../../models/autoencoders/tiny.js";
import {mergeCheckpoints, renameTensors} from "../../models/checkpoints/merge.js";
import {parseSafetensors} from "../../models/checkpoints/safetensors.js";
import type {Plane} from "../measures/image.js";
import type {ImageRecord} from "../measures/tables/record.js";
import {pairRecord} from "./pair-record.js";

/** What the page asks of the worker; every request is answered with its `id`. */
export type Request =
  | {readonly id: number; readonly kind: "reconstruct"; readonly files: readonly string[]; readonly image: Plane}
  | {readonly id: number; readonly kind: "measure"; readonly hr: Plane; readonly output: Plane};

export type Answer =
  | {readonly id: number; readonly error: string}
  | {
      readonly id: number;
      readonly output: Plane;
      readonly measures: ImageRecord;
      /** How the autoencoder ran; absent for `measure`. */
      readonly backend?: string;
      readonly milliseconds: number;
    };

let backend: Promise<string> | undefined;
const models = new Map<string, Promise<Autoencoder>>();

self.addEventListener("message", async ({data}: MessageEvent<Request>) => {
  try {
    self.postMessage(await answer(data));
  } catch (error) {
    self.postMessage({id: data.id, error: (error as Error).message} satisfies Answer);
  }
});

async function answer(request: Request): Promise<Answer> {
  const {id} = request;
  if (request.kind === "measure") {
    const started = performance.now();
    const measures = pairRecord(request.hr, request.output, "pair", "output");
    return {id, output: request.output, measures, milliseconds: performance.now() - started};
  }
  backend ??= startBackend();
  const name = await backend;
  const autoencoder = await load(request.files);
  const started = performance.now();
  const output = await reconstruct(request.image, autoencoder);
  const milliseconds = performance.now() - started;
  return {
    id,
    output,
    measures: pairRecord(request.image, output, "image", "reconstruction"),
    backend: name,
    milliseconds
  };
}

/** The graphics card where it computes in 32-bit floats; else WebAssembly; else plain JavaScript. */
async function startBackend(): Promise<string> {
  setWasmPaths(new URL("./", import.meta.url).href);
  for (const name of ["webgpu", "webgl", "wasm", "cpu"]) {
    try {
      if (name === "webgpu" && !(await hasRealGpu())) continue;
      if (!(await tf.setBackend(name))) continue;
      await tf.ready();
      if (name === "webgl" && (!tf.env().getBool("WEBGL_RENDER_FLOAT32_ENABLED") || isSoftware())) continue;
      if (await computesRightly()) return name;
    } catch {
      // the next one
    }
  }
  throw new Error("this browser offers neither WebGL nor WebAssembly");
}

/** WebGPU on a graphics card, not one imitated in software. */
async function hasRealGpu(): Promise<boolean> {
  const {gpu} = navigator as {
    gpu?: {requestAdapter(): Promise<{isFallbackAdapter?: boolean; info?: {isFallbackAdapter?: boolean}} | null>};
  };
  const adapter = await gpu?.requestAdapter();
  return adapter !== null && adapter !== undefined && !(adapter.isFallbackAdapter ?? adapter.info?.isFallbackAdapter);
}

/** A small convolution whose sums are known: a driver that gets it wrong is not used. */
async function computesRightly(): Promise<boolean> {
  const side = 8;
  const result = tf.tidy(() => {
    const image = tf.tensor4d(
      Float32Array.from({length: side * side * 3}, (_, i) => (i % 7) / 7),
      [1, side, side, 3]
    );
    const kernel = tf.tensor4d(
      Float32Array.from({length: 9 * 3}, (_, i) => (i % 5) - 2),
      [3, 3, 3, 1]
    );
    return tf.conv2d(image, kernel, 1, "valid");
  });
  const found = await result.data();
  result.dispose();
  for (let y = 0; y < side - 2; y++) {
    for (let x = 0; x < side - 2; x++) {
      let sum = 0;
      for (let k = 0; k < 27; k++) {
        const [dy, dx, c] = [Math.floor(k / 9), Math.floor(k / 3) % 3, k % 3];
        sum += ((k % 5) - 2) * (((((y + dy) * side + x + dx) * 3 + c) % 7) / 7);
      }
      if (Math.abs(sum - found[y * (side - 2) + x]) > 1e-3) return false;
    }
  }
  return true;
}

/** A software renderer is slower than WebAssembly. */
function isSoftware(): boolean {
  const gl = new OffscreenCanvas(1, 1).getContext("webgl2");
  const info = gl?.getExtension("WEBGL_debug_renderer_info");
  return (
    info !== null &&
    info !== undefined &&
    /swiftshader|llvmpipe|software/i.test(gl!.getParameter(info.UNMASKED_RENDERER_WEBGL))
  );
}

function load(files: readonly string[]): Promise<Autoencoder> {
  const key = files.join(" ");
  let model = models.get(key);
  if (model === undefined) {
    model = fetchModel(files);
    models.set(key, model);
    model.catch(() => models.delete(key));
  }
  return model;
}

async function fetchModel(files: readonly string[]): Promise<Autoencoder> {
  const checkpoints = await Promise.all(
    files.map(async (file) => {
      const response = await fetch(file);
      if (!response.ok) throw new Error(`the weights ${file} could not be loaded (${response.status})`);
      const checkpoint = parseSafetensors(await response.arrayBuffer(), file.split("/").pop()!);
      const half = tinyHalf(checkpoint);
      return half ? renameTensors(checkpoint, (name) => `${half}.${name}`) : checkpoint;
    })
  );
  return buildAutoencoder(checkpoints.length === 1 ? checkpoints[0] : mergeCheckpoints(checkpoints));
}

/** Encodes and decodes one grey image; the page has made its sides multiples of the factor. */
async function reconstruct({data, width, height}: Plane, autoencoder: Autoencoder): Promise<Plane> {
  const result = tf.tidy(() => {
    const grey = tf.tensor4d(Float32Array.from(data), [1, height, width, 1]);
    const input = (
      autoencoder.imageChannels === 1 ? grey : tf.tile(grey, [1, 1, 1, autoencoder.imageChannels])
    ) as tf.Tensor4D;
    const decoded = autoencoder.decode(autoencoder.encode(input));
    return tf.clipByValue(tf.mean(decoded, 3), 0, 1);
  });
  const values = (await result.data()) as Float32Array;
  result.dispose();
  return {data: values, width, height};
}
