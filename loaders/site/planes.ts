import {readFileSync} from "node:fs";
import type {Plane} from "../../src/measures/image.js";
import {decodeNpy} from "../images/index.js";

/** Where pixels lie: `width`×`height` numbers of a `.npy` file, from `offset`. Small, and may go to another thread. */
export interface PlaneRef {
  readonly path: string;
  readonly offset: number;
  readonly width: number;
  readonly height: number;
}

/** The files that were read last: planes of one file are asked for one after the other, beside HR's and an autoencoder's. */
const files = new Map<string, Float32Array>();
const capacity = 4;

/** The pixels. Whoever made the reference has had the store check the file. */
export function readPlane({path, offset, width, height}: PlaneRef): Plane {
  let numbers = files.get(path);
  if (numbers === undefined) {
    const {data} = decodeNpy(readFileSync(path), path);
    numbers = data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number>);
    if (files.size >= capacity) files.delete(files.keys().next().value!);
  } else files.delete(path);
  files.set(path, numbers);
  return {data: numbers.slice(offset, offset + width * height), width, height};
}
