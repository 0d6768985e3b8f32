import {readFileSync} from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import {beforeAll, describe, expect, it} from "vitest";
import {readImage} from "../../../loaders/images/index.js";
import {buildAutoencoder, geometryOf} from "../../../models/autoencoders/build.js";
import {loadAutoencoder, openAutoencoder} from "../../../models/autoencoders/load.js";
import {renameTensors} from "../../../models/checkpoints/index.js";
import {hasShared, shared} from "../../support/shared.js";
import {checkpointOf, without} from "../support/checkpoints.js";
import {startTestEngine} from "../support/engine.js";
import {deviation} from "../support/golden.js";
import {greyPsnr, roundTrip} from "../support/reconstruct.js";

const files = (name: string) => [
  shared(`weights/taesd/${name}_encoder.${name === "taef2" ? "pth" : "safetensors"}`),
  shared(`weights/taesd/${name}_decoder.${name === "taef2" ? "pth" : "safetensors"}`)
];

beforeAll(async () => {
  await startTestEngine();
});

describe.skipIf(!hasShared)("TAESD on wasm", () => {
  it("leaves no tensor but its result, and its argument alone", () => {
    const model = loadAutoencoder(files("taesd"));
    const x = tf.zeros([1, 32, 32, 3]) as tf.Tensor4D;
    const before = tf.memory().numTensors;
    const latent = model.encode(x);
    const image = model.decode(latent);
    expect(tf.memory().numTensors).toBe(before + 2);
    expect(latent.shape).toEqual([1, 4, 4, 4]);
    expect(image.shape).toEqual([1, 32, 32, 3]);
    tf.dispose([x, latent, image]);
    model.dispose();
  });

  it("refuses images and latents of a size or with channels that it can't take", () => {
    const model = loadAutoencoder(files("taesd"));
    const [odd, grey, wide] = [
      tf.zeros([1, 20, 32, 3]),
      tf.zeros([1, 16, 16, 1]),
      tf.zeros([1, 4, 4, 16])
    ] as tf.Tensor4D[];
    expect(() => model.encode(odd)).toThrow("invalid images: 20×32, whose sides must be multiples of 8");
    expect(() => model.encode(grey)).toThrow(
      "invalid images: shape [1,16,16,1] where [n, height, width, 3] was expected"
    );
    expect(() => model.decode(wide)).toThrow(
      "invalid latents: shape [1,4,4,16] where [n, height, width, 4] was expected"
    );
    tf.dispose([odd, grey, wide]);
    model.dispose();
  });

  it("is the same under diffusers' names and in one file", () => {
    const original = openAutoencoder(files("taesd"));
    const renamed = renameTensors(original, (name) =>
      name.replace(/^(encoder|decoder)\.(\d+)/, (_, side: string, n: string) =>
        side === "encoder" ? `encoder.layers.${n}` : `decoder.layers.${Number(n) - 1}`
      )
    );
    const a = buildAutoencoder(original);
    const b = buildAutoencoder(renamed);
    tf.tidy(() => {
      const x = tf.randomUniform<tf.Rank.R4>([1, 16, 24, 3], 0, 1, "float32", 1);
      const latent = a.encode(x);
      expect(deviation(b.encode(x), latent).absolute).toBe(0);
      expect(deviation(b.decode(latent), a.decode(latent)).absolute).toBe(0);
    });
    a.dispose();
    b.dispose();
    original.close();
  });
});

describe.skipIf(!hasShared)("the tiny family", () => {
  it.each([
    ["taesd", 4, 2445063],
    ["taesdxl", 4, 2445063],
    ["taesd3", 16, 2458899],
    ["taef1", 16, 2458899],
    ["taef2", 32, 2677027]
  ])(
    "%s has %d latent channels at f8 and the PSNR of PyTorch",
    async (name, channels, parameters) => {
      const rows = readFileSync(shared("weights/taesd/ae_ceiling_test.csv"), "utf8").trim().split("\n").slice(1);
      const model = loadAutoencoder(files(name));
      expect(model.geometry).toEqual({channels, factor: 8});
      const checkpoint = openAutoencoder(files(name));
      expect(geometryOf(checkpoint)).toEqual({channels, factor: 8});
      checkpoint.close();
      expect(model.parameters).toBe(parameters);
      // a round trip is 65 GFLOP; ceiling.test.ts does the hundreds
      const [, set, file, , psnr] = rows.map((row) => row.split(",")).find((row) => row[0] === name)!;
      const image = await readImage(shared(`data/${set}/${file}`));
      expect(greyPsnr(image.data, roundTrip(model, image))).toBeCloseTo(Number(psnr), 2);
      model.dispose();
    },
    300_000
  );
});

describe.skipIf(!hasShared)("weights that do not fit", () => {
  const taesd = () => openAutoencoder(files("taesd"));

  it.each([
    ["encoder.5.conv.2.weight", /tensor "encoder\.5\.conv\.2\.weight" is missing, expected \[64, 64, 3, 3\]/],
    ["encoder.6.weight", /tensor "encoder\.6\.weight" is missing/],
    ["encoder.14.bias", /tensor "encoder\.14\.bias" is missing, expected \[4\]/],
    ["decoder.7.weight", /tensor "decoder\.7\.weight" is missing/],
    ["decoder.1.bias", /tensor "decoder\.1\.bias" is missing/]
  ])("without %s are refused by name", (name, message) => {
    expect(() => buildAutoencoder(without(taesd(), (key) => key === name))).toThrow(message);
  });

  it("without a whole block are refused", () => {
    expect(() => buildAutoencoder(without(taesd(), (key) => key.startsWith("decoder.8.")))).toThrow(
      /tensor "decoder\.8\.conv\.0\.weight" is missing/
    );
  });

  it("with a tensor too many or of another shape are refused by name", () => {
    expect(() => buildAutoencoder(checkpointOf({"encoder.3.gate.weight": [64]}, taesd()))).toThrow(
      /tensor "encoder\.3\.gate\.weight" of shape \[64\] is extra/
    );
    expect(() => buildAutoencoder(checkpointOf({"encoder.4.conv.2.weight": [64, 32, 3, 3]}, taesd()))).toThrow(
      /tensor "encoder\.4\.conv\.2\.weight" has shape \[64, 32, 3, 3\], expected \[64, 64, 3, 3\]/
    );
  });

  it("of one half ask for the other", () => {
    expect(() => loadAutoencoder(files("taesd").slice(0, 1))).toThrow(
      /is the encoder of a tiny autoencoder; give its decoder/
    );
  });

  it("of two kinds are refused", () => {
    expect(() => loadAutoencoder([files("taesd")[0], files("taef1")[1]])).toThrow(
      /encoder makes 4 latent channels and the decoder takes 16/
    );
  });

  it("of another architecture are refused by the first name", () => {
    expect(() => buildAutoencoder(checkpointOf({"transformer.wte.weight": [10, 4]}))).toThrow(
      /tensor "transformer\.wte\.weight" belongs to no autoencoder known here/
    );
  });

  it("leave no tensors behind", () => {
    const before = tf.memory().numTensors;
    expect(() => buildAutoencoder(without(taesd(), (key) => key === "decoder.19.bias"))).toThrow();
    expect(tf.memory().numTensors).toBe(before);
  });
});
