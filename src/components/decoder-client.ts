import type {Plane} from "../measures/image.js";
import type {Cut, VolumeFacts} from "../workers/decode.js";
import type {DecodeAnswer, DecodeRequest} from "../workers/decoder.js";
import {fileUrl} from "./file-url.js";

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

type Question = DecodeRequest extends infer R ? (R extends {readonly id: number} ? Omit<R, "id"> : never) : never;
type Good = Exclude<DecodeAnswer, {readonly error: string}>;

let worker: Worker | undefined;
let count = 0;
const waiting = new Map<number, {resolve(answer: Good): void; reject(error: Error): void}>();

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

function ask(question: Question): Promise<Good> {
  worker ??= start();
  const id = ++count;
  worker.postMessage({...question, id});
  return new Promise((resolve, reject) => waiting.set(id, {resolve, reject}));
}

function start(): Worker {
  // workers/decoder.ts, bundled when the site is built
  const fresh = new Worker(fileUrl("engine/decoder.mjs"), {type: "module"});
  fresh.addEventListener("message", ({data}: MessageEvent<DecodeAnswer>) => {
    const asked = waiting.get(data.id);
    waiting.delete(data.id);
    if ("error" in data) asked?.reject(new Error(data.error));
    else asked?.resolve(data);
  });
  fresh.addEventListener("error", (event) => {
    for (const {reject} of waiting.values()) reject(new Error(event.message || "the worker could not start"));
    waiting.clear();
    worker = undefined;
  });
  return fresh;
}
