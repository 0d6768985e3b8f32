import {mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {afterAll} from "vitest";

const made: string[] = [];
afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, {recursive: true, force: true});
});

/** A new folder that goes when the test file that imports this is done. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "bandscope-test-"));
  made.push(folder);
  return folder;
}
