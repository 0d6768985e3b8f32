import {readFileSync, statSync} from "node:fs";
import {homedir} from "node:os";
import {join} from "node:path";

/** What `bandscope setup-native` has put into the native folder. */
export interface NativeManifest {
  readonly format: 1;
  /** `cpu`, or `gpu` for a library with CUDA. */
  readonly variant: "cpu" | "gpu";
  /** TensorFlow's version, as the library says it. */
  readonly tensorflow: string;
  /** Where the library came from: a wheel's file name, or a folder that the person named. */
  readonly source: string;
  /** Folder of this provision, relative to the native folder: `binding.node`, `mute.node`, and the unpacked wheel. */
  readonly folder: string;
  /** What the binding was built from: the package's version and a hash of our own source. */
  readonly binding: string;
  /** Every file that the engine needs, relative to `folder`. */
  readonly files: readonly {readonly path: string; readonly bytes: number; readonly sha256: string}[];
}

/**
 * Where the native library is kept: outside node_modules, so that `npm ci` does not lose it. BANDSCOPE_NATIVE names
 * another folder.
 */
export function nativeFolder(): string {
  if (process.env.BANDSCOPE_NATIVE) return process.env.BANDSCOPE_NATIVE;
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return join(cache, "bandscope", "native", `${process.platform}-${process.arch}`);
}

/** The manifest in the native folder, or undefined when nothing whole is there. */
export function readManifest(root = nativeFolder()): NativeManifest | undefined {
  let manifest: NativeManifest;
  try {
    manifest = JSON.parse(readFileSync(join(root, "native.json"), "utf8"));
  } catch {
    return undefined;
  }
  if (manifest.format !== 1) return undefined;
  const whole = manifest.files.every(({path, bytes}) => {
    const found = statSync(join(root, manifest.folder, path), {throwIfNoEntry: false});
    return found?.size === bytes;
  });
  return whole ? manifest : undefined;
}
