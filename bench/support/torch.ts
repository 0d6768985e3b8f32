import {type ChildProcess, spawn} from "node:child_process";
import {createInterface} from "node:readline";
import {fileURLToPath} from "node:url";
import type {Timing} from "./pairs.js";

/**
 * The same networks in PyTorch, in a Python process that waits while we compute, and the other way round. It is there
 * where `python3` (or BANDSCOPE_PYTHON) has torch.
 */
export class Torch {
  /** Of the network that was built last. */
  parameters = 0;

  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: AsyncIterator<string>,
    readonly version: string
  ) {}

  /**
   * @param threads as the engine has them; 0, which is a GPU's, asks for PyTorch on the GPU
   * @param file of bench/reference
   * @returns undefined where there is no PyTorch
   */
  static async open(threads: number, file = "networks.py"): Promise<Torch | undefined> {
    const python = process.env.BANDSCOPE_PYTHON ?? "python3";
    const script = fileURLToPath(new URL(`../reference/${file}`, import.meta.url));
    const child = spawn(python, [script, String(threads)], {stdio: ["pipe", "pipe", "ignore"]});
    const failed = new Promise<undefined>((resolve) => {
      child.on("error", () => resolve(undefined));
      child.on("close", () => resolve(undefined));
    });
    const lines = createInterface({input: child.stdout!})[Symbol.asyncIterator]();
    const first = await Promise.race([lines.next(), failed]);
    if (!first || first.done) return undefined;
    const {version, device} = JSON.parse(first.value);
    return new Torch(child, lines, device === "cpu" ? version : `${version} on ${device}`);
  }

  /** Builds a network with random weights; the next runs are of it. */
  async build(network: string): Promise<void> {
    this.parameters = (await this.ask({build: network})).parameters;
  }

  /** One forward pass, or one step of a training. */
  run(layout: "contiguous" | "channels_last" = "contiguous"): Promise<Timing> {
    return this.ask({run: layout});
  }

  /** Largest resident memory of the Python process so far, in bytes. */
  async peakMemory(): Promise<number> {
    return (await this.ask({memory: true})).bytes;
  }

  close(): void {
    this.child.stdin!.end();
  }

  // biome-ignore lint/suspicious/noExplicitAny: what comes back depends on the question
  private async ask(question: object): Promise<any> {
    this.child.stdin!.write(`${JSON.stringify(question)}\n`);
    const {value, done} = await this.lines.next();
    if (done) throw new Error("the PyTorch process ended");
    return JSON.parse(value);
  }
}
