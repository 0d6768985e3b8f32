import {readFileSync} from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import {beforeAll, describe, expect, it} from "vitest";
import {readImage} from "../../../loaders/images/index.js";
import {loadAutoencoder} from "../../../models/autoencoders/load.js";
import {startEngine} from "../../../models/engines/index.js";
import {hasShared, shared} from "../../support/shared.js";
import {greyPsnr, roundTrip} from "../support/reconstruct.js";

interface Row {
  readonly autoencoder: string;
  readonly set: string;
  readonly file: string;
  readonly psnr: number;
}

function readRows(): Row[] {
  const lines = readFileSync(shared("weights/taesd/ae_ceiling_test.csv"), "utf8").trim().split(/\r?\n/).slice(1);
  return lines.map((line) => {
    const [autoencoder, set, file, , psnr] = line.split(",");
    return {autoencoder, set, file, psnr: Number(psnr)};
  });
}

/** Hundreds of images, on the best engine there is: `BANDSCOPE_SLOW=1 npx vitest run ceiling`, or `=taesd,taef1` for some. */
const wanted = process.env.BANDSCOPE_SLOW;
const rows = hasShared && wanted ? readRows() : [];
const models = [...new Set(rows.map((row) => row.autoencoder))];
const chosen = wanted === "1" ? models : models.filter((name) => wanted?.split(",").includes(name));

describe.skipIf(rows.length === 0)("the PSNR of the tiny autoencoders on the test images", () => {
  beforeAll(() => startEngine());

  it.each(chosen.flatMap((name) => ["knee", "brain", "cxr", "natural"].map((set) => [name, set] as const)))(
    "%s on %s is that of PyTorch, each to 0.02 dB and in the mean",
    async (name, set) => {
      const extension = name === "taef2" ? "pth" : "safetensors";
      const model = loadAutoencoder(
        ["encoder", "decoder"].map((half) => shared(`weights/taesd/${name}_${half}.${extension}`))
      );
      const tensors = tf.memory().numTensors;
      let [sum, count] = [0, 0];
      for (const {file, psnr} of rows.filter((row) => row.autoencoder === name && row.set === set)) {
        const image = await readImage(shared(`data/${set}/${file}`));
        const own = greyPsnr(image.data, roundTrip(model, image));
        expect(Math.abs(own - psnr), file).toBeLessThan(0.02);
        sum += own - psnr;
        count++;
      }
      expect(count).toBeGreaterThan(10);
      expect(Math.abs(sum / count)).toBeLessThan(0.02);
      expect(tf.memory().numTensors).toBe(tensors);
      model.dispose();
    },
    3_600_000
  );
});
