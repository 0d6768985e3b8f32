import * as tf from "@tensorflow/tfjs-core";
import {describe, expect, it} from "vitest";
import {buildAutoencoder} from "../../models/autoencoders/build.js";
import {initKl} from "../../models/autoencoders/init.js";
import {sampling} from "../../models/autoencoders/kl.js";
import {nativePasses} from "../../models/engines/native/steps/passes.js";
import {pass} from "../../models/ops/index.js";
import {initUNet} from "../../models/unet/init.js";
import {buildUNet} from "../../models/unet/unet.js";
import {startTestEngine} from "../models/support/engine.js";
import {smallKl, smallUNet} from "../models/support/small.js";

const native = await startTestEngine("tfjs-node").then(
  () => nativePasses(2) !== undefined,
  () => false
);

const images = (n: number, side = 16, channels = 1) =>
  tf.randomUniform<tf.Rank.R4>([n, side, side, channels], 0, 1, "float32", n);

const networks = {
  "an autoencoder": () => {
    const autoencoder = buildAutoencoder(initKl(smallKl, 1));
    return {
      network: autoencoder,
      outputs: (n: number, side = 16) => {
        const given = images(n, side);
        const mean = autoencoder.encode(given);
        return [mean, autoencoder.decode(mean), sampling(autoencoder).sample(given, 3)];
      }
    };
  },
  "a U-Net, each image at its own time": () => {
    const network = buildUNet(initUNet(smallUNet, 1));
    return {
      network,
      outputs: (n: number, side = 16) => {
        const given = images(n, side / 2, 4);
        const times = Array.from({length: n}, (_, i) => 7 + 31 * i);
        return [network.predict(given, times), network.predict(given, 500)];
      }
    };
  }
};

/** In JavaScript's own memory; the tensors are disposed. */
function values(make: () => readonly tf.Tensor[]): Float32Array[] {
  const tensors = tf.tidy(() => make() as tf.Tensor[]);
  const read = tensors.map((tensor) => tensor.dataSync<"float32">().slice());
  tf.dispose(tensors);
  return read;
}

describe.skipIf(!native)("a pass on several threads", () => {
  it.each(Object.entries(networks))("of %s gives what it gives on one, and the same bits each time", (_, make) => {
    const {network, outputs} = make();
    for (const [threads, n] of [
      [2, 4],
      [3, 5],
      [4, 3],
      [2, 1]
    ]) {
      const plain = values(() => outputs(n));
      network.accelerate(nativePasses(threads));
      const [first, second] = [values(() => outputs(n)), values(() => outputs(n))];
      expect(second).toEqual(first);
      for (const [i, output] of plain.entries()) {
        const scale = Math.max(...output.map(Math.abs));
        const apart = Math.max(...output.map((value, k) => Math.abs(value - first[i][k])));
        expect(apart / scale).toBeLessThan(1e-5);
      }
      network.accelerate(undefined);
      expect(values(() => outputs(n))).toEqual(plain);
    }
    network.dispose();
  });

  it.each(Object.entries(networks))("of %s takes batches of other shapes in between", (_, make) => {
    const {network, outputs} = make();
    network.accelerate(nativePasses(2));
    const first = values(() => outputs(4));
    values(() => outputs(3));
    values(() => outputs(4, 32));
    expect(values(() => outputs(4))).toEqual(first);
    network.dispose();
  });

  it.each(Object.entries(networks))("of %s leaves no tensor behind", (_, make) => {
    const before = tf.memory().numTensors;
    const {network, outputs} = make();
    const weights = tf.memory().numTensors;
    network.accelerate(nativePasses(2));
    for (const n of [4, 4, 2]) values(() => outputs(n));
    expect(tf.memory().numTensors).toBe(weights);
    network.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("runs away from JavaScript: the computation is asked for its operations once a shape", () => {
    let asked = 0;
    const weight = tf.scalar(3);
    const weights = {weight, unused: tf.scalar(1)};
    const network = pass(weights, ([x]) => {
      asked++;
      return tf.mul<tf.Tensor4D>(x, weight);
    });
    network.accelerate(nativePasses(2));
    const given = images(4);
    const expected = given.dataSync().map((value) => value * 3);
    const ask = () => values(() => [network.run([given])])[0];
    expect(ask()).toEqual(expected);
    const once = asked;
    for (let i = 0; i < 3; i++) expect(ask()).toEqual(expected);
    expect(asked).toBe(once);
    network.accelerate(undefined);
    tf.dispose([given, weights]);
  });

  it("is refused where the computation looks at values, or does not do the same twice", () => {
    const given = images(2);
    const looks = pass({}, ([x]) => tf.mul<tf.Tensor4D>(x, x.dataSync()[0]));
    looks.accelerate(nativePasses(2));
    expect(() => looks.run([given])).toThrow("values are asked for");
    let calls = 0;
    const differs = pass({}, ([x]) => tf.mul<tf.Tensor4D>(x, calls++));
    differs.accelerate(nativePasses(2));
    expect(() => differs.run([given])).toThrow("the same twice");
    given.dispose();
  });
});

describe("where nothing accelerates", () => {
  it("passes are computed one operation after the other", async () => {
    await startTestEngine("cpu");
    expect(nativePasses(2)).toBe(undefined);
    const network = pass({}, ([x]) => tf.mul<tf.Tensor4D>(x, 2));
    network.accelerate(nativePasses(2));
    const given = images(2);
    expect(values(() => [network.run([given])])[0]).toEqual(given.dataSync().map((value) => value * 2));
    given.dispose();
  });
});
