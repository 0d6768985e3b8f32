import {spawnSync} from "node:child_process";
import {fileURLToPath} from "node:url";
import {expect, it} from "vitest";

it("ends without a word when nobody reads its output any more", () => {
  const [bin, results] = ["bin/bandscope.mjs", "data/results/embedded"].map((path) =>
    fileURLToPath(new URL(`../../${path}`, import.meta.url))
  );
  const {stdout, stderr} = spawnSync(
    "sh",
    ["-c", '"$0" "$1" results "$2" | head -n 1', process.execPath, bin, results],
    {
      encoding: "utf8"
    }
  );
  expect(stdout.split("\n")).toHaveLength(2);
  expect(stderr).toBe("");
});
