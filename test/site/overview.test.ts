import {readFileSync} from "node:fs";
import {expect, test} from "vitest";
import {words} from "../../loaders/site/arms.js";
import {overview} from "../../loaders/site/overview.js";
import type {MeasureRow, Published, SiteArm, SiteIndex} from "../../src/components/site-data.js";

const read = (path: string) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8"));

test("a super-resolution arm is listed with its generator's weights and, apart, those of its autoencoder", () => {
  const arms = [
    {id: "ae:m", kind: "autoencoder", weights: {sha256: "ae", files: []}},
    {id: "sr:m:x0:ddim-20", kind: "super-resolution", weights: {sha256: "ae", files: []}, generator: {sha256: "gen"}},
    {id: "bicubic", kind: "baseline"}
  ] as unknown as SiteArm[];
  const index = {
    arms,
    sets: [{id: "s", label: "S", anatomy: "knee"}],
    images: [{id: "i", set: "s", patient: "p", seed: 1}],
    engine: "e"
  } as unknown as SiteIndex;
  const rows = arms.map(
    ({id}) => ({image: "i", set: "s", patient: "p", arm: id, measure: "psnr", value: 30}) as unknown as MeasureRow
  );
  const {ours} = overview(index, rows, () => ({artefact: "a", date: null}), read("data/published.json") as Published);
  const of = (arm: string) => ours.find((row) => row.arm === arm)!;
  expect(of("sr:m:x0:ddim-20")).toMatchObject({weights: "gen", autoencoderWeights: "ae"});
  expect(of("ae:m").weights).toBe("ae");
  expect(of("ae:m")).not.toHaveProperty("autoencoderWeights");
  expect(of("bicubic").weights).toBeNull();
});

test("a training in words: steps, minutes, images; natural images show scenes and no patients", () => {
  expect(words(read("models/weights/natural-f8c4.json")).training).toBe(
    "3000 steps in 31 min; simulated natural scenes; 120 scenes, none of those shown here"
  );
  expect(words(read("models/weights/natural-f8c4.x0.json"))).toEqual({
    licence: "MIT (trained on simulated images only)",
    training: "3000 steps in 5 min; simulated knee, brain, cxr; 80 patients of each, none of those shown here"
  });
  expect(words({recipe: {pool: {kinds: ["knee", "natural"], patients: 2}}}).training).toContain(
    "2 patients or scenes of each"
  );
  expect(words(undefined)).toEqual({});
});
