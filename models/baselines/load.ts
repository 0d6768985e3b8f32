import {openCheckpoint} from "../checkpoints/open.js";
import type {Baseline} from "./baseline.js";
import {buildBaseline} from "./build.js";

/** Loads a regression network from a file (Node only). @throws InputError */
export function loadBaseline(path: string): Baseline {
  const checkpoint = openCheckpoint(path);
  try {
    return buildBaseline(checkpoint);
  } finally {
    checkpoint.close();
  }
}
