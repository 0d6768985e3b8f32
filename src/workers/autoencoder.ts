import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-webgl";
import {setWasmPaths} from "@tensorflow/tfjs-backend-wasm";
import type {Autoencoder} from "../../models/autoencoders/autoencoder.js";
import {buildAutoencoder} from "../../models/autoencoders/build.js";
import {tinyHalf} from "../../models/autoencoders/tiny.js";
import {mergeCheckpoints, renameTensors} from "../../models/checkpoints/merge.js";
import {parseSafetensors} from "../../models/checkpoints/safetensors.js";
import type {Plane} from "../measures/image.js";
import {type ImageMeasures, measureImage} from "../measures/measure-image.js";

/** What the page asks of the worker; every request is answered with its `id`. */
export type Request =
  | {readonly id: number; readonly kind: "reconstruct"; readonly files: readonly string[]; readonly image: Plane}
  | {readonly id: number; readonly kind: "measure"; readonly hr: Plane; readonly output: Plane};

export type Answer =
  | {readonly id: number; readonly error: string}
  | {
      readonly id: number;
      readonly output: Plane;
      readonly measures: ImageMeasures;
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
    const measures = measureImage(request.hr, request.output);
    return {id, output: request.output, measures, milliseconds: performance.now() - started};
  }
  backend ??= startBackend();
  const name = await backend;
  const autoencoder = await load(request.files);
  const started = performance.now();
  const output = await reconstruct(request.image, autoencoder);
  const milliseconds = performance.now() - started;
  return {id, output, measures: measureImage(request.image, output), backend: name, milliseconds};
}

/** The graphics card where it computes in 32-bit floats; else WebAssembly; else plain JavaScript. */
async function startBackend(): Promise<string> {
  setWasmPaths(new URL("./", import.meta.url).href);
  for (const name of ["webgl", "wasm", "cpu"]) {
    try {
      if (!(await tf.setBackend(name))) continue;
      await tf.ready();
      if (name === "webgl" && (!tf.env().getBool("WEBGL_RENDER_FLOAT32_ENABLED") || isSoftware())) continue;
      return name;
    } catch {
      // the next one
    }
  }
  throw new Error("this browser offers neither WebGL nor WebAssembly");
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
