import {describe, expect} from "vitest";
import {readManifest} from "../../models/engines/native/folder.js";
import {testAgainstCpu} from "./cases.js";

const provided = readManifest();

describe.skipIf(!provided)("the native engine", () => {
  testAgainstCpu("tfjs-node", (engine) => {
    expect(engine).toMatchObject({name: "tfjs-node", backend: "tensorflow"});
    expect(engine.version).toContain(`TensorFlow ${provided?.tensorflow}`);
  });
});
