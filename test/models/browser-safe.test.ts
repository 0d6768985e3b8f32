import {fileURLToPath} from "node:url";
import {build} from "esbuild";
import {describe, expect, it} from "vitest";

const models = fileURLToPath(new URL("../../models", import.meta.url));

describe("what a page may import of the models", () => {
  it.each([
    "autoencoders/build.ts",
    "autoencoders/init.ts",
    "unet/unet.ts",
    "unet/init.ts",
    "generators/index.ts",
    "baselines/build.ts"
  ])("%s needs no Node builtin, and of tfjs its core alone", async (file) => {
    const {metafile} = await build({
      entryPoints: [`${models}/${file}`],
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      platform: "browser",
      external: ["@tensorflow/tfjs-core"],
      logLevel: "silent"
    });
    const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({path}) => path));
    expect(new Set(imports)).toEqual(new Set(["@tensorflow/tfjs-core"]));
    expect(Object.keys(metafile.inputs).filter((path) => path.includes("node_modules"))).toEqual([]);
  });
});
