import {basename} from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import {loadBaseline} from "../../models/baselines/load.js";
import {batchAccelerator} from "../../models/engines/index.js";
import {InputError} from "../../models/errors.js";
import type {Image, Plane} from "../../src/measures/image.js";
import {resize} from "../../src/measures/resize.js";
import {sha256File} from "../files.js";
import {clampOutput, greyTensor} from "../reconstruct/batches.js";
import {type SuperResolver, scale} from "./superResolver.js";

/** Of RLFN and RFDN, whose spatial attention halves its view and then pools it over 7×7. */
const leastSide = 15;

/** A regression network from its file, to run on LR images. Call after the engine has started. @throws InputError */
export async function openRegression(path: string): Promise<SuperResolver> {
  const hash = await sha256File(path);
  const model = loadBaseline(path);
  model.accelerate(batchAccelerator());
  const {kind, imageChannels, parameters} = model;
  const sized = ({width, height}: Plane) => ({width: scale * width, height: scale * height});
  // a network that enlarges by itself gets the LR image; VDSR sharpens what bicubic has enlarged
  const input = (image: Image): Plane => {
    if (model.scale === scale) return image;
    const {width, height} = sized(image);
    const large = resize(image, width, height);
    return {...large, data: large.data.map((v) => Math.min(1, Math.max(0, v)))};
  };
  if (model.scale !== scale && model.scale !== 1) {
    model.dispose();
    throw new InputError(`${path} enlarges ${model.scale} times; only networks that enlarge ${scale} times fit here`);
  }
  return {
    description: `${basename(path)}: ${kind}, ${parameters.toLocaleString("en")} parameters`,
    settings: {baseline: hash},
    seeded: false,
    steps: 1,
    outputSize(image) {
      if ((kind === "rlfn" || kind === "rfdn") && Math.min(image.width, image.height) < leastSide) {
        throw new InputError(
          `${image.id} is ${image.width}×${image.height}; ${kind} needs sides of at least ${leastSide} pixels`
        );
      }
      return sized(image);
    },
    async run(images, _seed, onStep) {
      const grey = tf.tidy(() => tf.mean(model.enlarge(greyTensor(images.map(input), imageChannels)), 3));
      const values = (await grey.data()) as Float32Array;
      grey.dispose();
      onStep?.();
      const {width, height} = sized(images[0]);
      const size = width * height;
      return images.map((image, i) => ({
        image,
        output: {data: clampOutput(values.slice(i * size, (i + 1) * size), "the network", image.id), width, height},
        padded: false
      }));
    },
    dispose: () => model.dispose()
  };
}
