import {describe, expect, it} from "vitest";
import {outOfMemory} from "../../models/engines/out-of-memory.js";
import {InputError} from "../../models/errors.js";

const runtimeError = (message: string) => Object.assign(new Error(message), {name: "RuntimeError"});

describe("outOfMemory", () => {
  // as TensorFlow, V8 and emscripten said it here
  it.each([
    [
      new Error(
        "Invalid TF_Status: 8\nMessage: OOM when allocating tensor with shape[1,65536,65536] and type float on /job:localhost/replica:0/task:0/device:CPU:0 by allocator mklcpu"
      ),
      /^there is not enough memory for a tensor of shape \[1,65536,65536\]: smaller images or a smaller batch need less$/
    ],
    [new RangeError("Array buffer allocation failed"), /^there is not enough memory: smaller/],
    [new RangeError("Invalid typed array length: 17179869184"), /^there is not enough memory: smaller/],
    [runtimeError("memory access out of bounds"), /^the wasm engine's memory is full .* setup-native/],
    [runtimeError("Aborted(). Build with -sASSERTIONS for more info."), /^the wasm engine's memory is full/]
  ])("tells what %s means", (error, sentence) => {
    const told = outOfMemory(error);
    expect(told).toBeInstanceOf(InputError);
    expect(told!.message).toMatch(sentence);
    expect(told!.message).not.toContain("\n");
  });

  it("leaves other errors alone", () => {
    for (const error of [
      new Error("Aborted()"),
      new RangeError("invalid heads: 3"),
      runtimeError("unreachable"),
      "memory"
    ])
      expect(outOfMemory(error)).toBeUndefined();
  });
});
