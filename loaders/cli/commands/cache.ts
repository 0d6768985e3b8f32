import {existsSync, readdirSync, rmSync, statSync} from "node:fs";
import {join} from "node:path";
import {type Artefact, Store} from "../../store/store.js";
import {type Command, numberOption, parseCommandLine, UsageError} from "../command.js";
import {Progress} from "../progress.js";

export const command: Command = {
  summary: "list, check and clean the store of results",
  help: `
bandscope cache: the store of results that the site and the studies draw on

Usage: bandscope cache ls [--json]
       bandscope cache verify
       bandscope cache gc [--older-than DAYS] [--dry-run]

  ls       one line a result: id, kind, size, date, engine
  verify   hash every file; damaged results are removed, and are made again when next asked for
  gc       remove what crashed processes left behind, and with --older-than results made more than DAYS days ago

Options:
  --json              ls: the full records as JSON, one a line
  --older-than DAYS   gc: also remove results older than that, and unfinished steps of studies not touched since
  --dry-run           gc: say what would go, remove nothing

The store is .bandscope/store in the project; BANDSCOPE_STORE names another folder.
Exit status: 0 done; 3 verify found damage.`,
  async run(argv) {
    const {values, positionals} = parseCommandLine({
      args: argv,
      allowPositionals: true,
      options: {json: {type: "boolean"}, "older-than": {type: "string"}, "dry-run": {type: "boolean"}}
    });
    const [action, ...more] = positionals;
    if (more.length > 0) throw new UsageError(`unexpected argument ${JSON.stringify(more[0])}`);
    const store = new Store();
    if (action === "ls") return list(store, values.json ?? false);
    if (action === "verify") return verify(store);
    if (action === "gc") {
      const days =
        values["older-than"] === undefined ? undefined : numberOption("older-than", values["older-than"], {min: 0});
      return collect(store, days, values["dry-run"] ?? false);
    }
    throw new UsageError(
      action === undefined ? "say ls, verify or gc" : `there is no action ${JSON.stringify(action)}`
    );
  }
};

function list(store: Store, json: boolean): number {
  let n = 0;
  let total = 0;
  for (const artefact of store.list()) {
    n++;
    total += size(artefact);
    const {id, recipe, provenance, files} = artefact;
    if (json) process.stdout.write(`${JSON.stringify({id, recipe, provenance, files})}\n`);
    else {
      const engine = typeof provenance.engine === "string" ? provenance.engine : "";
      process.stdout.write(
        `${id.slice(0, 12)}  ${recipe.kind.padEnd(16)} ${megabytes(size(artefact)).padStart(9)}  ${provenance.date.slice(0, 16)}  ${engine}\n`
      );
    }
  }
  if (!json) process.stdout.write(`${n} results, ${megabytes(total)} in ${store.folder}\n`);
  return 0;
}

async function verify(store: Store): Promise<number> {
  const all = [...store.list()];
  const progress = new Progress("verify", all.length, "results");
  let damaged = 0;
  for (const artefact of all) {
    const problem = await store.damage(artefact);
    progress.advance();
    if (problem === undefined) continue;
    damaged++;
    store.remove(artefact.id);
    process.stdout.write(`${artefact.id.slice(0, 12)}: ${problem}; removed\n`);
  }
  progress.finish();
  process.stdout.write(`${all.length} results checked, ${damaged} damaged\n`);
  return damaged > 0 ? 3 : 0;
}

function collect(store: Store, days: number | undefined, dryRun: boolean): number {
  let freed = 0;
  let n = 0;
  const making = join(store.folder, "making");
  for (const name of existsSync(making) ? readdirSync(making) : []) {
    const path = join(making, name);
    // a running process writes there all the time: an hour of silence means that it died
    if (Date.now() - statSync(path).mtimeMs < 3_600_000) continue;
    n++;
    if (!dryRun) rmSync(path, {recursive: true, force: true});
  }
  if (days !== undefined) {
    // what a study began and nobody went on with
    const work = join(store.folder, "work");
    for (const name of existsSync(work) ? readdirSync(work) : []) {
      const path = join(work, name);
      const last = Math.max(
        statSync(path).mtimeMs,
        ...readdirSync(path).map((file) => statSync(join(path, file)).mtimeMs)
      );
      if (Date.now() - last < Math.max(days * 86_400_000, 3_600_000)) continue;
      n++;
      if (!dryRun) rmSync(path, {recursive: true, force: true});
    }
    for (const artefact of [...store.list()]) {
      if (Date.now() - Date.parse(artefact.provenance.date) < days * 86_400_000) continue;
      n++;
      freed += size(artefact);
      if (!dryRun) store.remove(artefact.id);
    }
  }
  process.stdout.write(
    `${n} ${n === 1 ? "entry" : "entries"} ${dryRun ? "would be " : ""}removed, ${megabytes(freed)} of results\n`
  );
  return 0;
}

function size(artefact: Artefact): number {
  return Object.values(artefact.files).reduce((sum, {bytes}) => sum + bytes, 0);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
