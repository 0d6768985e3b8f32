import {gunzipSync, inflateRawSync, inflateSync} from "node:zlib";
import type {Inflate} from "./inflate.js";

const functions = {zlib: inflateSync, gzip: gunzipSync, raw: inflateRawSync};

/** `Inflate` by node's zlib. */
export const inflateNode: Inflate = (deflated, wrapper, maxBytes) => {
  try {
    return functions[wrapper](deflated, {maxOutputLength: Math.max(1, maxBytes)});
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    if (code === "ERR_BUFFER_TOO_LARGE") throw new Error("the compressed data hold more than the header allows");
    if (code === "Z_BUF_ERROR") throw new Error("the compressed data are cut short");
    throw new Error(`the compressed data are damaged (${message})`);
  }
};
