import {fileUrl} from "./file-url.js";

/** What a worker answers a question with: that it did not work, or anything else. */
type Answered = {readonly id: number; readonly error: string} | {readonly id: number};

/** A question without its number, which is ours to give. */
export type Question<Request> = Request extends infer R
  ? R extends {readonly id: number}
    ? Omit<R, "id">
    : never
  : never;

export type GoodAnswer<Answer> = Exclude<Answer, {readonly error: string}>;

/**
 * Asks a worker of this page, which starts with the first question. `file` is its bundle below the site's files, made when the site
 * is built. A worker that dies fails what it was asked, and the next question starts another.
 */
export function askWorker<Request extends {readonly id: number}, Answer extends Answered>(
  file: string
): (question: Question<Request>) => Promise<GoodAnswer<Answer>> {
  let worker: Worker | undefined;
  let count = 0;
  const waiting = new Map<number, {resolve(answer: GoodAnswer<Answer>): void; reject(error: Error): void}>();

  function start(): Worker {
    const fresh = new Worker(fileUrl(file), {type: "module"});
    fresh.addEventListener("message", ({data}: MessageEvent<Answer>) => {
      const asked = waiting.get(data.id);
      waiting.delete(data.id);
      if ("error" in data) asked?.reject(new Error(data.error));
      else asked?.resolve(data as GoodAnswer<Answer>);
    });
    fresh.addEventListener("error", (event) => {
      for (const {reject} of waiting.values()) reject(new Error(event.message || "the worker could not start"));
      waiting.clear();
      worker = undefined;
    });
    return fresh;
  }

  return (question) => {
    worker ??= start();
    const id = ++count;
    worker.postMessage({...question, id});
    return new Promise((resolve, reject) => waiting.set(id, {resolve, reject}));
  };
}
