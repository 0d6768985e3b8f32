import {readFileSync} from "node:fs";
import {join} from "node:path";

/** The environment variable by which a build tells its loaders in which folder of the store the tables lie. */
export const siteVariable = "BANDSCOPE_SITE";

/**
 * A table of the prepared site. Loaders call this; run on their own, they prepare the site first. What that takes (every model
 * and engine) is loaded only then: a build starts a process for each table.
 */
export async function siteFile(name: string): Promise<Buffer> {
  if (process.env[siteVariable] === undefined) {
    const {prepareSite} = await import("./prepare.js");
    await prepareSite();
  }
  return readFileSync(join(process.env[siteVariable]!, name));
}
