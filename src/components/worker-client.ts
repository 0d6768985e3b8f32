import type {Plane} from "../measures/image.js";
import type {Answer, Request} from "../workers/autoencoder.js";
import {askWorker, type GoodAnswer} from "./ask-worker.js";
import {fileUrl} from "./file-url.js";

export type Result = GoodAnswer<Answer>;

/** workers/autoencoder.ts, bundled with TensorFlow.js. */
const ask = askWorker<Request, Answer>("engine/autoencoder.mjs");

/** An image through an autoencoder, in a worker of this page: nothing is sent anywhere. */
export function reconstruct(image: Plane, files: readonly string[]): Promise<Result> {
  const urls = files.map((file) => fileUrl(`weights/${file}`));
  return ask({kind: "reconstruct", files: urls, image});
}

/** Every measure of a pair, in a worker of this page. */
export function measure(hr: Plane, output: Plane): Promise<Result> {
  return ask({kind: "measure", hr, output});
}
