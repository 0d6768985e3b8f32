import {writeFileSync} from "node:fs";
import {join} from "node:path";
import {version} from "../version.js";
import type {WriteResults} from "./measured.js";

/** `results.json` alone, without tables and comparisons. */
export const writePlainResults: WriteResults = async (measured, folder) => {
  const {study, sha256, engine, degradation, sets, autoencoders, generators, arms, images, runs, notes} = measured;
  const results = {
    format: "bandscope-study",
    version: 1,
    id: study.id,
    title: study.title,
    study: sha256,
    bandscope: version,
    date: new Date().toISOString(),
    engine,
    degradation,
    seeds: study.seeds,
    sets,
    autoencoders,
    generators,
    arms,
    images,
    runs: runs.map(({arm, set, seed, pairing, measures, outputs, records}) => {
      const values = records().map(({psnr}) => psnr);
      const psnr = values.reduce((a, b) => a + b, 0) / values.length;
      return {arm, set, seed, pairing, measures: measures.id, outputs: outputs.id, psnr};
    }),
    comparisons: [],
    notes
  };
  writeFileSync(join(folder, "results.json"), JSON.stringify(results));
};
