import config from "../observablehq.config.js";

interface Entry {
  readonly name: string;
  readonly path?: string;
  readonly pages?: readonly Entry[];
}

/** The pages that the site's list names, as paths below its base; the home page is "". */
export function sitePages(): string[] {
  const flat = (entries: readonly Entry[]): string[] =>
    entries.flatMap(({path, pages}) => [
      ...(path === undefined ? [] : [path.replace(/^\//, "")]),
      ...flat(pages ?? [])
    ]);
  return ["", ...flat(config.pages as readonly Entry[])];
}
