// A thread of the pool: gets tasks, sends results.
import {parentPort} from "node:worker_threads";
import {InputError} from "../../models/errors.js";
import type {Reply} from "./pool.js";
import {runTask, type Task} from "./tasks.js";

parentPort!.on("message", async ({id, task}: {id: number; task: Task}) => {
  let reply: Reply;
  try {
    reply = {id, result: await runTask(task)};
  } catch (error) {
    const {message, stack} = error as Error;
    const input = error instanceof InputError;
    reply = {id, error: {message: input ? message : (stack ?? message), input}};
  }
  parentPort!.postMessage(reply);
});
