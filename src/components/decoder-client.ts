import type {Plane} from "../measures/image.js";
import type {Cut, VolumeFacts} from "../workers/decode.js";
import type {DecodeAnswer, DecodeRequest} from "../workers/decoder.js";
import {askWorker} from "./ask-worker.js";

export type {Cut, VolumeFacts};

/** A file of the reader's, opened: a picture, or a volume that gives one slice at a time. */
export type OpenedFile =
  | {readonly kind: "image"; readonly plane: Plane}
  | {
      readonly kind: "volume";
      readonly facts: VolumeFacts;
      cut(cut: Cut): Promise<Plane>;
      /** Lets go of its memory. */
      close(): void;
    };

/** workers/decoder.ts. */
const ask = askWorker<DecodeRequest, DecodeAnswer>("engine/decoder.mjs");

/** Decodes a file in a worker of this page, by the readers of the command line: nothing is sent anywhere. */
export async function openFile(name: string, bytes: Uint8Array): Promise<OpenedFile> {
  const answer = await ask({kind: "open", name, bytes});
  if (answer.kind === "image") return answer;
  if (answer.kind !== "volume") throw new Error(`${name} could not be opened`);
  const {volume, facts} = answer;
  return {
    kind: "volume",
    facts,
    cut: async (cut) => {
      const made = await ask({kind: "cut", volume, cut});
      if (made.kind !== "image") throw new Error("there is no such slice");
      return made.plane;
    },
    close: () => void ask({kind: "forget", volume})
  };
}
