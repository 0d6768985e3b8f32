import {describe, expect, it} from "vitest";
import {
  encodeSafetensors,
  mergeCheckpoints,
  parseSafetensors,
  renameTensors,
  TensorReader
} from "../../models/checkpoints/index.js";
import {InputError} from "../../models/errors.js";
import {rawSafetensors} from "./support/safetensors.js";

function file(source: string, shapes: Record<string, number[]>, metadata: Record<string, string> = {}) {
  const tensors = Object.entries(shapes).map(([name, shape], k) => ({
    name,
    shape,
    values: () => new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(k + 1)
  }));
  return parseSafetensors(encodeSafetensors(tensors, {metadata}), source);
}

describe("TensorReader", () => {
  it("gives the tensors that fit and is content when all were taken or ignored", () => {
    const reader = new TensorReader(file("f", {weight: [2, 3], bias: [2], "loss.x": [1]}), "VAE");
    expect(reader.shape("weight", 2)).toEqual([2, 3]);
    expect([...reader.take("weight", [2, 3])]).toEqual([1, 1, 1, 1, 1, 1]);
    expect(reader.takeOptional("bias", [2])).toHaveLength(2);
    expect(reader.takeOptional("scale", [2])).toBeUndefined();
    reader.ignore((name) => name.startsWith("loss."));
    expect(() => reader.finish()).not.toThrow();
  });

  it("names the missing, the misshapen and the first extra tensor, and what was expected", () => {
    const reader = new TensorReader(file("f", {weight: [2, 3], more: [1], most: [4]}), "autoencoder");
    const say = (message: string) => new InputError(message);
    expect(() => reader.take("bias", [2])).toThrow(say('f: tensor "bias" is missing, expected [2] in an autoencoder'));
    expect(() => reader.shape("bias")).toThrow(say('f: tensor "bias" is missing, expected in an autoencoder'));
    expect(() => reader.take("weight", [3, 2])).toThrow(say('f: tensor "weight" has shape [2, 3], expected [3, 2]'));
    expect(() => reader.shape("weight", 4)).toThrow(say('f: tensor "weight" has shape [2, 3], expected 4 dimensions'));
    reader.take("weight", [2, 3]);
    expect(() => reader.finish()).toThrow(
      say('f: tensor "more" of shape [1] is extra (and 1 more): an autoencoder of this architecture has no such tensor')
    );
  });

  it("refuses integers where weights are expected", () => {
    const bytes = rawSafetensors({a: {dtype: "I32", shape: [1], data_offsets: [0, 4]}}, new Uint8Array(4));
    expect(() => new TensorReader(parseSafetensors(bytes, "f"), "VAE").take("a", [1])).toThrow(
      new InputError('f: tensor "a" has dtype I32, expected a floating-point type (F32, F16, BF16 or F64)')
    );
  });
});

describe("mergeCheckpoints(list)", () => {
  it("reads each tensor from the file that holds it", () => {
    const merged = mergeCheckpoints([file("f", {a: [1]}, {k: "1"}), file("g", {b: [1], c: [2]}, {k: "2", l: "3"})]);
    expect(merged.source).toBe("f + g");
    expect([...merged.tensors.keys()]).toEqual(["a", "b", "c"]);
    expect(merged.metadata).toEqual({k: "1", l: "3"});
    expect([...merged.read("c")]).toEqual([2, 2]);
    expect(() => merged.read("d")).toThrow(new InputError('f + g has no tensor "d"'));
  });

  it("refuses two files with a tensor of the same name", () => {
    expect(() => mergeCheckpoints([file("f", {a: [1]}), file("g", {a: [1]})])).toThrow(
      new InputError('f and g both hold tensor "a": they are not two parts of one model')
    );
    expect(() => mergeCheckpoints([])).toThrow(new InputError("no checkpoint was given"));
  });
});

describe("renameTensors(checkpoint, rename)", () => {
  it("renames, leaves out, and reads under the new name", () => {
    const renamed = renameTensors(file("f", {a: [1], b: [2]}), (name) => (name === "a" ? undefined : `x.${name}`));
    expect([...renamed.tensors.values()].map(({name}) => name)).toEqual(["x.b"]);
    expect([...renamed.read("x.b")]).toEqual([2, 2]);
    expect(() => renamed.read("b")).toThrow(new InputError('f has no tensor "b"'));
  });

  it("refuses to give two tensors one name", () => {
    expect(() => renameTensors(file("f", {a: [1], b: [2]}), () => "x")).toThrow(
      new InputError('f: tensors "a" and "b" are both "x"')
    );
  });
});
