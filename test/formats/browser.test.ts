import {fileURLToPath} from "node:url";
import {build} from "esbuild";
import {describe, expect, it} from "vitest";

const root = fileURLToPath(new URL("../../loaders/", import.meta.url));

describe("what a page may load", () => {
  it.each([
    "images/decodePng.ts",
    "images/greyOfPng.ts",
    "images/greyOfNpy.ts",
    "images/npy.ts",
    "images/encodePng.ts",
    "images/portableInflater.ts",
    "formats/decodeVolume.ts",
    "formats/dicom/decodeDicom.ts",
    "formats/orientation.ts",
    "formats/slice.ts",
    "formats/windowing.ts"
  ])("%s needs nothing of Node", async (entry) => {
    const {outputFiles, metafile} = await build({
      entryPoints: [`${root}${entry}`],
      bundle: true,
      format: "esm",
      platform: "browser",
      write: false,
      metafile: true,
      logLevel: "silent"
    });
    expect(
      Object.keys(metafile.inputs).filter((path) => /nodeInflater|nodeCodecs|geotiff|cornerstone/.test(path))
    ).toEqual([]);
    // base64 of WebAssembly, or a decoder by accident, would show here
    expect(outputFiles[0].contents.length).toBeLessThan(100_000);
  });
});
