import {constants as bufferConstants} from "node:buffer";
import {constants, gunzipSync, inflateRawSync, inflateSync} from "node:zlib";
import type {Inflater} from "./inflate.js";

const functions = {zlib: inflateSync, gzip: gunzipSync, raw: inflateRawSync};

/** `Inflater` by node's zlib. */
export const nodeInflater: Inflater = {
  inflate(deflated, wrapper, maxBytes) {
    try {
      return functions[wrapper](deflated, {
        maxOutputLength: Math.min(bufferConstants.MAX_LENGTH, Math.max(1, maxBytes)),
        // one chunk for a small result; node's own 16 KiB chunks cost time on a large one
        chunkSize: Math.min(1 << 22, Math.max(1 << 14, maxBytes))
      });
    } catch (error) {
      const {code, message} = error as NodeJS.ErrnoException;
      if (code === "ERR_BUFFER_TOO_LARGE") throw new Error("the compressed data hold more than the header allows");
      if (code === "Z_BUF_ERROR") throw new Error("the compressed data are cut short");
      throw new Error(`the compressed data are damaged (${message})`);
    }
  },

  gunzipHead(zipped) {
    try {
      return gunzipSync(zipped.subarray(0, 4096), {finishFlush: constants.Z_SYNC_FLUSH});
    } catch {
      return new Uint8Array();
    }
  }
};
