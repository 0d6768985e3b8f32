import type {Plane} from "../measures/image.js";
import type {Answer, Request} from "../workers/autoencoder.js";
import {fileUrl} from "./file-url.js";

export type Result = Exclude<Answer, {readonly error: string}>;

/** What a caller gives; the number is ours. */
type Question = Request extends infer R ? (R extends {readonly id: number} ? Omit<R, "id"> : never) : never;

let worker: Worker | undefined;
let count = 0;
const waiting = new Map<number, {resolve(result: Result): void; reject(error: Error): void}>();

/** An image through an autoencoder, in a worker of this page: nothing is sent anywhere. */
export function reconstruct(image: Plane, files: readonly string[]): Promise<Result> {
  const urls = files.map((file) => fileUrl(`weights/${file}`));
  return ask({kind: "reconstruct", files: urls, image});
}

/** Every measure of a pair, in a worker of this page. */
export function measure(hr: Plane, output: Plane): Promise<Result> {
  return ask({kind: "measure", hr, output});
}

function ask(question: Question): Promise<Result> {
  worker ??= start();
  const id = ++count;
  worker.postMessage({...question, id});
  return new Promise((resolve, reject) => waiting.set(id, {resolve, reject}));
}

function start(): Worker {
  // workers/autoencoder.ts, bundled with TensorFlow.js when the site is built
  const fresh = new Worker(fileUrl("engine/autoencoder.mjs"), {type: "module"});
  fresh.addEventListener("message", ({data}: MessageEvent<Answer>) => {
    const asked = waiting.get(data.id);
    waiting.delete(data.id);
    if ("error" in data) asked?.reject(new Error(data.error));
    else asked?.resolve(data);
  });
  fresh.addEventListener("error", (event) => {
    for (const {reject} of waiting.values()) reject(new Error(event.message || "the worker could not start"));
    waiting.clear();
    worker = undefined;
  });
  return fresh;
}
