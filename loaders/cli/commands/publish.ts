import {existsSync, statSync} from "node:fs";
import {join, relative, resolve} from "node:path";
import {InputError} from "../../../models/errors.js";
import {type Command, parseCommandLine, spreadValues, UsageError} from "../command.js";

export const command: Command = {
  summary: "write the notebook as static files, with or without images",
  help: `
bandscope publish: write the notebook as static files, with or without images

Usage: bandscope publish [--out DIR] [OPTION…]

  --out DIR           where the site goes (default: bandscope-site). A new or empty folder, or one that this command wrote
                      before; anything else is left alone
  --data DIR          show these images instead of the simulated ones: a folder with brain/, chest/ … and manifest.csv, or of
                      images
  --images N          how many images of each set are shown (default: 6 simulated, 12 of a folder)
  --study FOLDER…     show these studies' results: folders with a results.json (default: those in data/results)
  --page FILE.md…     add pages of your own, beside Bandscope's

What may be seen
  --no-images         leave out every pixel: pictures, thumbnails, maps, masks. The pages that need them say so. The finished
                      site is searched for rows of the images' pixels, in any file and packed in any usual way; when one is
                      found nothing is published
  --pseudonyms        call images and patients of real data sets by numbers; the default with --no-images
  --no-pseudonyms     call them by their own names

How it is served
  --base /repo/       the path at which the site will be served (default: /)
  --title TEXT        what browsers call the site (default: Bandscope)

The folder needs no other file from anywhere and works on any static server: GitHub Pages (it has .nojekyll), a bucket, python3 -m
http.server. The same command writes the same bytes; with SOURCE_DATE_EPOCH set also on a machine that computed the results on
another day. Its page Licences lists weights, data sets and software with licences and hashes. Weights and generators are chosen by
BANDSCOPE_WEIGHTS and BANDSCOPE_GENERATORS, folders of what other programs made of the images by BANDSCOPE_OUTPUTS, as for npm run
build.

Examples:
  bandscope publish --out site
  bandscope publish --data data/mimic --no-images --base /our-study/ --title "Our study" --out docs
  bandscope publish --study my-study/results --page my-study/page.md --out site

Exit status: 0 published; 1 something is wrong with the input, or a pixel was found; 2 the command line is wrong; 130 interrupted
(nothing was written).`,
  async run(argv) {
    const {values} = parseCommandLine({
      args: spreadValues(argv, ["--study", "--page"]),
      options: {
        out: {type: "string", default: "bandscope-site"},
        data: {type: "string"},
        images: {type: "string"},
        study: {type: "string", multiple: true},
        page: {type: "string", multiple: true},
        "no-images": {type: "boolean", default: false},
        pseudonyms: {type: "boolean", default: false},
        "no-pseudonyms": {type: "boolean", default: false},
        base: {type: "string", default: "/"},
        title: {type: "string"}
      }
    });
    if (values.pseudonyms && values["no-pseudonyms"]) {
      throw new UsageError("--pseudonyms and --no-pseudonyms exclude each other");
    }
    if (!/^\/(?:[\w.~-]+\/)*$/.test(values.base) || /\/\.\.?\//.test(values.base)) {
      throw new UsageError(`--base must be a path such as / or /repo/, not ${JSON.stringify(values.base)}`);
    }
    if (values.title?.trim() === "") throw new UsageError("--title must not be empty");
    for (const folder of values.study ?? []) {
      if (!existsSync(join(folder, "results.json"))) {
        throw new InputError(
          `--study ${folder} has no results.json; it must name the results folder that bandscope run wrote`
        );
      }
    }
    const pages = pagesOf(values.page ?? []);
    const {publish, requireOurs} = await import("../../publish/publish.js");
    requireOurs(resolve(values.out));

    // the loaders of the pages run as processes of their own and read the same
    set("BANDSCOPE_DATA", values.data);
    set("BANDSCOPE_IMAGES", values.images);
    set("BANDSCOPE_STUDIES", values.study?.map((folder) => resolve(folder)).join(","));
    set("BANDSCOPE_NO_IMAGES", values["no-images"] ? "1" : undefined);
    set("BANDSCOPE_PSEUDONYMS", values.pseudonyms ? "yes" : values["no-pseudonyms"] ? "no" : undefined);
    const {siteSettings} = await import("../../site/settings.js");
    const stop = () => {
      process.stderr.write("\ninterrupted; nothing was written\n");
      process.exit(130); // what is in the making is removed on exit
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
    try {
      const settings = siteSettings();
      const {files, bytes, searched} = await publish({
        out: values.out,
        base: values.base,
        ...(values.title === undefined ? {} : {title: values.title}),
        settings,
        pages,
        say: (text) => process.stderr.write(`${text}\n`)
      });
      const where = relative(process.cwd(), resolve(values.out)) || ".";
      process.stdout.write(`${where}: ${files} files, ${(bytes / 1e6).toFixed(1)} MB\n`);
      if (searched !== null) process.stdout.write(`no pixel of any image in ${searched} files\n`);
      if (settings.pseudonyms && settings.data) process.stdout.write("images and patients stand under pseudonyms\n");
    } finally {
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
    }
    return 0;
  }
};

/** Where a page will stand among ours, by its path in the source folder. @throws InputError */
function pagesOf(paths: readonly string[]): ReadonlyMap<string, string> {
  const pages = new Map<string, string>();
  for (const path of paths) {
    if (!statSync(path, {throwIfNoEntry: false})?.isFile())
      throw new InputError(`--page ${path}: there is no such file`);
    const name = /([^/\\]+)\.md$/.exec(path)?.[1];
    if (name === undefined) throw new InputError(`--page ${path} must be a Markdown file, NAME.md`);
    const target = `${name.toLowerCase().replace(/[^\w-]+/g, "-")}.md`;
    if (pages.has(target)) throw new InputError(`--page: two pages are called ${name}`);
    pages.set(target, path);
  }
  return pages;
}

function set(name: string, value: string | undefined): void {
  if (value !== undefined) process.env[name] = value;
}
