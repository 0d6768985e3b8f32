// Is the cost per image flat? Runs bicubic and one small autoencoder on growing numbers of simulated images, each count in a store of
// its own, and prints a line of JSON each: images, seconds per image of each kind of step, peak memory of the largest process.
//
//     node --import tsx test/slow/study-cost.ts [100 1000 10000]

import {spawnSync} from "node:child_process";
import {mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {Store} from "../../loaders/store/store.js";
import {root, writeStudy} from "../studies/tiny-study.js";

const counts = process.argv.slice(2).map(Number);
for (const images of counts.length > 0 ? counts : [100, 1000, 10_000]) {
  const folder = mkdtempSync(join(tmpdir(), "bandscope-cost-"));
  try {
    const dataset = `simulated:knee,patients=${images},slices=1`;
    const path = writeStudy(folder, {
      datasets: [{id: "knee", label: "Knee", anatomy: "knee", dataset, size: 64}],
      comparisons: []
    });
    const store = join(folder, "store");
    const command = [join(root, "bin/bandscope.mjs"), "run", path, "--store", store, "--out", join(folder, "out")];
    const began = performance.now();
    const {status, stderr} = spawnSync("/usr/bin/time", ["-f", "peak %M", process.execPath, ...command], {
      encoding: "utf8"
    });
    const seconds = (performance.now() - began) / 1000;
    if (status !== 0) throw new Error(stderr);
    const perImage: Record<string, number> = {};
    for (const {recipe, provenance} of new Store(store).list()) {
      const kind = recipe.kind === "study-outputs" ? `outputs ${recipe.arm}` : recipe.kind;
      perImage[kind] = Math.max(perImage[kind] ?? 0, Number(((1000 * provenance.seconds) / images).toFixed(2)));
    }
    const peak = Number(/peak (\d+)/.exec(stderr)?.[1]) / 1024;
    process.stdout.write(
      `${JSON.stringify({images, msPerImage: perImage, wallMsPerImage: Math.round((1000 * seconds) / images), peakMiB: Math.round(peak)})}\n`
    );
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}
