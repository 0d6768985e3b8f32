import * as tf from "@tensorflow/tfjs-core";
import {beforeAll, describe, expect, it} from "vitest";
import {buildAutoencoder} from "../../../models/autoencoders/build.js";
import {initKl, type KlConfig, klArchitecture, klCheckpoint, klVariables} from "../../../models/autoencoders/init.js";
import {klAutoencoder} from "../../../models/autoencoders/kl.js";
import {klDecode, klMoments} from "../../../models/autoencoders/klNetwork.js";
import {disposeWeights} from "../../../models/ops/index.js";
import {random} from "../../../src/measures/random.js";
import {startTestEngine} from "../support/engine.js";
import {deviation} from "../support/golden.js";

const config: KlConfig = {
  imageChannels: 1,
  channels: 8,
  multipliers: [1, 2],
  resBlocks: 1,
  latentChannels: 3,
  normGroups: 2
};

beforeAll(async () => {
  await startTestEngine();
});

describe("a fresh AutoencoderKL", () => {
  it("is a checkpoint like a file's: the builder takes it, groups and all", () => {
    const model = buildAutoencoder(initKl(config, 7));
    expect(model.geometry).toEqual({channels: 3, factor: 2});
    expect(model.imageChannels).toBe(1);
    expect("architecture" in model && model.architecture).toMatchObject({channels: [8, 16], normGroups: 2});
    model.dispose();
  });

  it("depends on its seed alone", () => {
    const weight = (seed: number) => initKl(config, seed).read("encoder.conv_in.weight");
    expect(weight(7)).toEqual(weight(7));
    expect(weight(7)).not.toEqual(weight(8));
    const first = initKl(config, 7);
    expect(first.read("encoder.down_blocks.0.resnets.0.conv1.weight")).not.toEqual(
      first.read("encoder.down_blocks.0.resnets.0.conv2.weight")
    );
    expect([...first.read("encoder.conv_norm_out.weight")]).toEqual(new Array(16).fill(1));
    const bound = 1 / Math.sqrt(9);
    expect(weight(7).every((value) => Math.abs(value) <= bound)).toBe(true);
  });

  it("learns: twenty steps of Adam take a third off the loss, and the result goes through a checkpoint unchanged", async () => {
    const architecture = klArchitecture(config);
    const start = tf.memory().numTensors;
    const variables = klVariables(initKl(config, 7), architecture);
    const generator = random("stripes");
    const x = tf.tensor4d(
      Float32Array.from(
        {length: 2 * 256},
        (_, i) => Math.sin((i % 16) * (0.3 + 0.2 * (i >> 8))) + 0.05 * generator.normal()
      ),
      [2, 16, 16, 1]
    );
    const loss = (): tf.Scalar =>
      tf.tidy(() => {
        const [mean] = tf.split(klMoments(variables, architecture, x), 2, 3);
        return tf.losses.meanSquaredError(x, klDecode(variables, architecture, mean as tf.Tensor4D)) as tf.Scalar;
      });
    const read = () => tf.tidy(() => loss().dataSync()[0]);
    const before = read();
    const list = Object.values(variables);
    const moment = list.map((v) => tf.zerosLike(v));
    const square = list.map((v) => tf.zerosLike(v));
    for (let step = 1; step <= 20; step++) {
      const {value, grads} = tf.variableGrads(loss, list);
      for (const [i, variable] of list.entries()) {
        const gradient = grads[variable.name];
        const [m, v] = tf.tidy(() => [
          tf.add(tf.mul(moment[i], 0.9), tf.mul(gradient, 0.1)),
          tf.add(tf.mul(square[i], 0.99), tf.mul(tf.square(gradient), 0.01))
        ]);
        tf.dispose([moment[i], square[i]]);
        [moment[i], square[i]] = [m, v];
        tf.tidy(() => {
          const scale = (0.005 * Math.sqrt(1 - 0.99 ** step)) / (1 - 0.9 ** step);
          variable.assign(tf.sub(variable, tf.mul(tf.div(m, tf.add(tf.sqrt(v), 1e-8)), scale)));
        });
      }
      tf.dispose([value, ...Object.values(grads)]);
    }
    expect(read()).toBeLessThan(before * 0.67);

    const trained = klAutoencoder(variables, architecture);
    const copy = buildAutoencoder(await klCheckpoint(variables, architecture));
    tf.tidy(() => {
      expect(deviation(copy.encode(x), trained.encode(x)).absolute).toBe(0);
    });
    copy.dispose();
    tf.dispose([x, ...moment, ...square]);
    disposeWeights(variables);
    expect(tf.memory().numTensors).toBe(start);
  });

  it("refuses channels that the groups do not divide", () => {
    expect(() => klArchitecture({...config, channels: 9})).toThrow(/2 groups divide/);
    expect(() => klArchitecture({...config, resBlocks: 0})).toThrow(/resBlocks must be a whole number above 0, not 0/);
  });
});
