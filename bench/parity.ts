import {parityEngines, startTestEngine} from "../test/models/support/engine.js";
import {parityCases} from "../test/models/support/parity.js";
import {hasShared} from "../test/support/shared.js";

export const name = "parity";

/** The largest error of each model on each engine against PyTorch's values, absolute and relative to the tensor's largest. */
export async function run(): Promise<Record<string, unknown>> {
  if (!hasShared) return {skipped: "no reference values here; BANDSCOPE_SHARED names their folder"};
  const rows: Record<string, unknown>[] = [];
  for (const engine of await parityEngines()) {
    await startTestEngine(engine);
    for (const {name: model, run: compare, limits} of parityCases) {
      const errors = Object.values(compare());
      const absolute = Math.max(...errors.map((error) => error.absolute));
      const relative = Math.max(...errors.map((error) => error.relative));
      const within = relative < limits.relative && absolute < (limits.absolute ?? Number.POSITIVE_INFINITY);
      rows.push({
        model,
        engine,
        absolute: Number(absolute.toExponential(1)),
        relative: Number(relative.toExponential(1)),
        within
      });
    }
  }
  return {rows};
}
