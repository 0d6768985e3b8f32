import {nativeFolder} from "../../../models/engines/native/folder.js";
import {setupNative} from "../../native/setup.js";
import {type Command, parseCommandLine, UsageError} from "../command.js";
import {duration} from "../progress.js";

const variants = ["auto", "cpu", "gpu"] as const;

export const command: Command = {
  summary: "provide a native TensorFlow for this machine (the engines tfjs-node and tfjs-node-gpu)",
  help: `
Usage: bandscope setup-native [OPTION…]

Provides a current TensorFlow, which runs the models several times as fast as WebAssembly does. Fetches TensorFlow's
Python wheel with pip, takes the C library out of it, compiles the binding of @tensorflow/tfjs-node-gpu against it, and
compares the result with the cpu engine. It is kept outside node_modules, so npm ci does not lose it. Work that was cut
off goes on where it stopped; when all is there, it is only checked.

Needs pip and a C++ compiler (Debian: apt install python3-pip g++), and 1.3 GB of disk (9 GB for a GPU).

Options:
  --variant auto|cpu|gpu  which library; auto takes the GPU's where an NVIDIA driver answers [auto]
  --tensorflow VERSION    a version of TensorFlow, e.g. 2.21.0 [the newest]
  --force                 make everything anew
  --json                  print what is there as JSON
  --help                  this text

Environment:
  LIBTENSORFLOW_DIR       a libtensorflow that you have already (a folder with include/ and lib/): nothing is fetched
  BANDSCOPE_NATIVE        the folder it is kept in [XDG_CACHE_HOME/bandscope/native/…, or ~/.cache/bandscope/native/…]
  CXX                     the C++ compiler [g++, c++, clang++]

Examples:
  bandscope setup-native
  LIBTENSORFLOW_DIR=/opt/libtensorflow bandscope setup-native

Exit status: 0 the engine works, 1 something is missing or wrong (the message names it), 2 the command line is wrong.
`,

  async run(argv) {
    const {values} = parseCommandLine({
      args: argv,
      options: {
        variant: {type: "string", default: "auto"},
        tensorflow: {type: "string"},
        force: {type: "boolean", default: false},
        json: {type: "boolean", default: false}
      }
    });
    const variant = variants.find((name) => name === values.variant);
    if (!variant) throw new UsageError(`--variant must be auto, cpu or gpu, not ${JSON.stringify(values.variant)}`);
    if (values.tensorflow !== undefined && !/^\d+\.\d+(\.\w+)*$/.test(values.tensorflow)) {
      throw new UsageError(`--tensorflow must be a version like 2.21.0, not ${JSON.stringify(values.tensorflow)}`);
    }
    const start = performance.now();
    const say = (line: string) => void process.stderr.write(`${line}\n`);
    const result = await setupNative({variant, version: values.tensorflow, force: values.force, say});
    const {manifest, engine, selfTest, present} = result;
    if (values.json) {
      process.stdout.write(`${JSON.stringify({engine, root: nativeFolder(), ...manifest, selfTest}, null, 2)}\n`);
      return 0;
    }
    const worst = Math.max(...selfTest.map(({error}) => error));
    const took = duration(performance.now() - start);
    process.stdout.write(
      `${engine} ${present ? "is set up and works" : `was set up in ${took} and works`}: TensorFlow ${manifest.tensorflow} in ${nativeFolder()}; ` +
        `largest difference from the cpu engine ${worst.toExponential(1)} (relative)\n`
    );
    return 0;
  }
};
