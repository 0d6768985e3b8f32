import {openCheckpoint} from "../checkpoints/open.js";
import {buildStudyGenerator, type Generator} from "./generator.js";

/** Loads a generator from one of the study's Lightning checkpoints (Node only). @throws InputError */
export function loadStudyGenerator(path: string): Generator {
  const checkpoint = openCheckpoint(path);
  try {
    return buildStudyGenerator(checkpoint);
  } finally {
    checkpoint.close();
  }
}
