// Run by store.test.ts as a process of its own: worker.ts FOLDER N MILLISECONDS
import {writeFileSync} from "node:fs";
import {join} from "node:path";
import {Store} from "../../loaders/store/store.js";

const [folder, n, ms] = process.argv.slice(2);
const artefact = await new Store(folder).compute({kind: "test", n: Number(n)}, async (dir) => {
  writeFileSync(join(dir, "half.bin"), new Uint8Array(1000));
  process.stdout.write("begun\n");
  await new Promise((resolve) => setTimeout(resolve, Number(ms)));
  writeFileSync(join(dir, "whole.bin"), new Uint8Array(2000));
  process.stdout.write("made\n");
  return {};
});
process.stdout.write(`id ${artefact.id}\n`);
