import {mkdirSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {expect, test} from "vitest";
import {embeddedWeights, generatorChoices, siteSettings, weightsChoices} from "../../loaders/site/settings.js";
import {temporaryFolder} from "../support/temporary.js";

const folder = temporaryFolder();
const file = (name: string) => {
  writeFileSync(join(folder, name), "");
  return join(folder, name);
};

test("without a variable the simulated images are shown", () => {
  const settings = siteSettings({});
  expect(settings.data).toBeUndefined();
  expect(settings.imagesPerSet).toBe(6);
});

test("of the weights in the project only those that were trained here are shown, not what was imported", () => {
  const weights = join(folder, "weights");
  mkdirSync(weights);
  const put = (name: string, text: string) => writeFileSync(join(weights, name), text);
  for (const id of ["ours", "imported", "bare"]) put(`${id}.safetensors`, "");
  put("ours.json", '{"id": "ours", "trained": true, "recipe": {"pool": {"kinds": ["brain"]}}}');
  put("real.safetensors", "");
  put("real.json", '{"id": "real", "trained": true, "recipe": {"pool": {"datasets": ["some folder"]}}}');
  put("ours.x0.safetensors", "");
  put("ours.x0.json", '{"id": "ours.x0", "kind": "generator", "trained": true}');
  put("imported.json", '{"id": "imported", "dialect": "unet"}');
  expect(embeddedWeights(weights)).toEqual([{paths: [join(weights, "ours.safetensors")]}]);
  expect(embeddedWeights(join(folder, "nowhere"))).toEqual([]);
  expect(embeddedWeights().length).toBeGreaterThan(0);
});

test("an encoder and a decoder with one stem are one autoencoder, in any order", () => {
  const [encoder, other, decoder] = ["x_encoder.safetensors", "y.safetensors", "x_decoder.safetensors"].map(file);
  expect(weightsChoices(`${encoder},${other},${decoder}`)).toEqual([{paths: [encoder, decoder]}, {paths: [other]}]);
});

test("a plus joins files and NAME= names them", () => {
  const [a, b] = ["a.safetensors", "b.safetensors"].map(file);
  expect(weightsChoices(`mine=${a}+${b}`)).toEqual([{name: "mine", paths: [a, b]}]);
});

test("a place where there is nothing, an empty list and a wrong number are named", () => {
  expect(() => weightsChoices(join(folder, "none.safetensors"))).toThrow(/BANDSCOPE_WEIGHTS names .*none.safetensors/);
  expect(() => weightsChoices(" , ")).toThrow(/names no autoencoder/);
  expect(() => siteSettings({BANDSCOPE_DATA: join(folder, "nowhere")})).toThrow(/BANDSCOPE_DATA names .*nowhere/);
  for (const text of ["0", "1.5", "many"]) {
    expect(() => siteSettings({BANDSCOPE_IMAGES: text})).toThrow(`not "${text}"`);
  }
});

test("SOURCE_DATE_EPOCH leaves dates out", () => {
  expect(siteSettings({SOURCE_DATE_EPOCH: "0"}).withoutDates).toBe(true);
  expect(siteSettings({}).withoutDates).toBe(false);
});

test("a generator's file names its autoencoder, which lies beside it", () => {
  const [ae, path] = ["own-f4c3.safetensors", "own-f4c3.flow.safetensors"].map(file);
  expect(generatorChoices(path)).toEqual([{name: "flow", path, autoencoder: "own-f4c3", autoencoderPath: ae}]);
  expect(generatorChoices("none")).toEqual([]);
  expect(() => generatorChoices("nobody.x0")).toThrow(/nobody.x0, which is neither a file nor a generator/);
  expect(() => generatorChoices(ae)).toThrow(/is called AUTOENCODER.GENERATOR.safetensors/);
  expect(() => generatorChoices(file("lonely.x0.safetensors"))).toThrow(
    /its autoencoder .*lonely.safetensors does not/
  );
});

test("generators are run on images of one's own only when asked for", () => {
  expect(siteSettings({BANDSCOPE_DATA: folder}).generators).toEqual([]);
  expect(siteSettings({BANDSCOPE_GENERATORS: "none"}).generators).toEqual([]);
});
