import type {EngineName} from "../../models/engines/engine.js";
import {outOfMemory} from "../../models/engines/out-of-memory.js";
import {InputError} from "../../models/errors.js";
import {Store} from "../store/store.js";
import {executeStep} from "./executeStep.js";
import type {Step} from "./step.js";
import {Stopped} from "./stepContext.js";

/** What a worker process is told. */
export type Order =
  | {readonly order: "begin"; readonly steps: readonly Step[]; readonly engine: EngineName; readonly store: string}
  | {readonly order: "step"; readonly id: string}
  /** After the batch at hand. */
  | {readonly order: "stop"};

/** What it answers. */
export type Answer = {readonly id: string} & (
  | {readonly answer: "progress"; readonly fraction: number}
  | {readonly answer: "waits"; readonly holder: string}
  | {readonly answer: "done"}
  | {readonly answer: "stopped"}
  | {readonly answer: "failed"; readonly message: string; readonly input: boolean}
);

/** The life of a worker process: does the steps that its parent names, one at a time, until the parent lets go or dies. */
export async function serve(): Promise<number> {
  if (process.send === undefined) throw new InputError("--worker is for processes that bandscope run starts itself");
  // the terminal's Ctrl-C reaches every process of the group; the parent says what to do
  process.on("SIGINT", () => {});
  let stopped = false;
  let waitingFor: string | undefined;
  let steps: ReadonlyMap<string, Step> = new Map();
  let store = new Store();
  let engine: EngineName = "wasm";
  const say = (answer: Answer) => {
    // a parent that was killed in this moment hears nothing, and "disconnect" ends this process
    if (process.connected) process.send!(answer, () => {});
  };
  process.on("SIGTERM", () => {
    stopped = true;
  });
  process.on("message", (message: Order) => {
    if (message.order === "stop") {
      stopped = true;
      // another process' work need not be waited for
      if (waitingFor !== undefined)
        process.send!({id: waitingFor, answer: "stopped"} satisfies Answer, () => process.exit(130));
    } else if (message.order === "begin") {
      steps = new Map(message.steps.map((step) => [step.id, step]));
      store = new Store(message.store);
      engine = message.engine;
    } else void work(message.id);
  });
  const work = async (id: string) => {
    let said = 0;
    try {
      await executeStep(steps.get(id)!, steps, {
        store,
        engine,
        stopped: () => stopped,
        onProgress: (fraction) => {
          const now = performance.now();
          if (now - said < 200) return;
          said = now;
          say({id, answer: "progress", fraction});
        },
        onWait: (holder) => {
          waitingFor = id;
          say({id, answer: "waits", holder});
        }
      });
      waitingFor = undefined;
      say({id, answer: "done"});
    } catch (error) {
      if (error instanceof Stopped) say({id, answer: "stopped"});
      else {
        const known = outOfMemory(error) ?? error;
        const input = known instanceof InputError || known instanceof RangeError;
        say({id, answer: "failed", message: (known as Error).message, input});
      }
    }
  };
  // what was being made stays resumable; nobody is left to hear of it
  await new Promise<void>((resolve) => process.on("disconnect", resolve));
  process.exit(stopped ? 130 : 0);
}
