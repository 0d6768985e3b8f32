import {basename, relative} from "node:path";
import {newStudy} from "../../publish/new-study.js";
import {type Command, parseCommandLine, UsageError} from "../command.js";

export const command: Command = {
  summary: "begin a study of your own: a study file, its weights, and a page that shows the results",
  help: `
bandscope new: begin a study of your own

Usage: bandscope new DIR [--title TEXT]

  DIR            a new or empty folder; its name becomes the study's
  --title TEXT   what the study and its page are called (default: Study DIR)

Writes study.json (two autoencoders that ship, on a few simulated images: it runs within a minute), the weights that it names, a page
DIR.md to start from, and a README with the commands:

  bandscope run DIR/study.json --out DIR/results
  bandscope publish --study DIR/results --page DIR/DIR.md --out DIR/site

Examples:
  bandscope new my-study
  bandscope new knees --title "Which autoencoder keeps menisci?"

Exit status: 0 done; 1 the folder has something in it; 2 the command line is wrong.`,
  async run(argv) {
    const {values, positionals} = parseCommandLine({
      args: argv,
      allowPositionals: true,
      options: {title: {type: "string"}}
    });
    if (positionals.length !== 1) throw new UsageError("exactly one folder must be named");
    if (values.title?.trim() === "") throw new UsageError("--title must not be empty");
    if (/[\n"%]/.test(values.title ?? "")) throw new UsageError('--title must be one line without " and %');
    const {folder, id, files} = newStudy(positionals[0], values.title);
    const path = relative(process.cwd(), folder) || basename(folder);
    process.stdout.write(`${files.map((name) => `${path}/${name}\n`).join("")}`);
    process.stderr.write(`next: bandscope run ${path}/study.json --out ${path}/results\n`);
    process.stderr.write(
      `then: bandscope publish --study ${path}/results --page ${path}/${id}.md --out ${path}/site\n`
    );
    return 0;
  }
};
