// A thread of the pool: gets tasks, sends results.
import {parentPort} from "node:worker_threads";
import {InputError} from "../../models/errors.js";
import {measureTask} from "./measure-task.js";
import type {Reply, Request} from "./pool.js";

parentPort!.on("message", async ({index, task}: Request) => {
  let reply: Reply;
  try {
    reply = {index, result: await measureTask(task)};
  } catch (error) {
    reply = {index, error: {message: (error as Error).message, input: error instanceof InputError}};
  }
  parentPort!.postMessage(reply);
});
