import {spawnSync} from "node:child_process";
import {createRequire} from "node:module";
import {fileURLToPath} from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import {describe, expect, it} from "vitest";
import {startEngine} from "../../models/engines/index.js";
import {InputError} from "../../models/errors.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const require = createRequire(import.meta.url);

/** Runs a module's text in a process of its own, through tsx, as the command line does. */
function runModule(text: string, env: Record<string, string> = {}) {
  return spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", text], {
    cwd: root,
    encoding: "utf8",
    timeout: 50_000,
    env: {...process.env, ...env}
  });
}

describe("startEngine", () => {
  it("makes the engine the current one, and says what it is", async () => {
    const cpu = await startEngine("cpu");
    expect(cpu).toMatchObject({name: "cpu", backend: "cpu", threads: 1});
    expect(tf.getBackend()).toBe("cpu");
    const wasm = await startEngine("wasm");
    expect(tf.getBackend()).toBe("wasm");
    expect(wasm.version).toContain(`tfjs ${tf.version_core}`);
    expect(wasm.threads).toBeGreaterThanOrEqual(1);
    expect(await startEngine("cpu")).toBe(cpu);
    expect(tf.getBackend()).toBe("cpu");
  });

  it("leaves one core to all: what import and require find is the same", () => {
    expect(require("@tensorflow/tfjs-core").Tensor).toBe(tf.Tensor);
    expect(require("@tensorflow/tfjs").engine()).toBe(tf.engine());
  });

  it("registers the gradients", async () => {
    await startEngine("cpu");
    expect(
      tf.tidy(
        () =>
          tf
            .grad((x) => tf.square(x))(tf.scalar(3))
            .dataSync()[0]
      )
    ).toBe(6);
  });

  it("refuses an engine that does not exist, and names the ones that do", async () => {
    await expect(startEngine("gpu" as "cpu")).rejects.toThrow(InputError);
    await expect(startEngine("gpu" as "cpu")).rejects.toThrow(/"gpu".*tfjs-node-gpu.*wasm.*cpu/);
  });

  it("follows BANDSCOPE_ENGINE, shares one core under tsx, prints nothing, and lets the process end by itself", () => {
    const child = runModule(
      `import * as tf from "@tensorflow/tfjs-core";
       import {createRequire} from "node:module";
       import {startEngine} from "./models/engines/index.ts";
       const engine = await startEngine();
       const y = tf.conv2d(tf.ones([1, 64, 64, 8]), tf.ones([3, 3, 8, 8]), 1, "same");
       const same = createRequire(process.cwd() + "/x.js")("@tensorflow/tfjs-core").Tensor === tf.Tensor;
       process.stdout.write(JSON.stringify([engine.name, tf.getBackend(), same, (await y.data())[0], typeof Worker]));`,
      {BANDSCOPE_ENGINE: "wasm", BANDSCOPE_THREADS: "2"}
    );
    expect(child.stderr).toBe("");
    expect(JSON.parse(child.stdout)).toEqual(["wasm", "wasm", true, 32, "undefined"]);
    expect(child.status).toBe(0);
  });

  it("does not swallow an error that nobody handles", () => {
    const child = runModule(
      `import {startEngine} from "./models/engines/index.ts";
       await startEngine("wasm");
       throw new RangeError("mine");`
    );
    expect(child.stderr).toContain("RangeError: mine");
    expect(child.status).not.toBe(0);
  });
});
