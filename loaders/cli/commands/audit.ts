import {auditFolders, auditStatus} from "../../audit/auditFolders.js";
import {type Command, parseCommandLine, UsageError} from "../command.js";
import {Progress} from "../progress.js";

export const command: Command = {
  summary: "check that SR images belong to the HR images of the same name",
  help: `
bandscope audit: check that SR images belong to the HR images of the same name

Usage: bandscope audit --hr DIR --sr DIR [OPTION…]

  --hr DIR          the true images: a folder, or a text file with a path a line; repeatable
  --sr DIR          the images to be checked, likewise

Images are paired by name (the file name without its extension). Each SR image is compared with every HR image of its size by
the coarse band of a Haar transform (LL3 at 256×256). The verdict, a sentence on stdout, is one of
  Paired            no exchange of names fits better, be the SR images sharp or blurred
  Mispaired         SR images belong to the HR of another name, or to none of them; where the order can be told, how the
                    names went wrong (text order 1, 10, 100, 2 against numeric order; shifted; reversed)
  Undecided         too few images, or nothing in them to tell them apart

Options:
  --json            the whole report as JSON instead: verdict, sentence, n, top1 (share of SR images that correlate most with
                    their own HR), ownCorrelation, otherCorrelation, mispaired [{id, belongsTo, own, other}], reordering,
                    skipped [{id, reason}], missing {hr, sr}
  --recursive       look for images in sub-folders too

Examples:
  bandscope audit --hr data/brain --sr out/brain
  bandscope audit --hr data/brain --sr out/brain --json | jq .mispaired

Exit status: 0 paired, or undecided; 1 something is wrong with a file; 2 the command line is wrong; 3 mispaired.`,
  async run(argv) {
    const {values} = parseCommandLine({
      args: argv,
      options: {
        hr: {type: "string", multiple: true},
        sr: {type: "string", multiple: true},
        json: {type: "boolean"},
        recursive: {type: "boolean"}
      }
    });
    if (!values.hr) throw new UsageError("--hr is missing");
    if (!values.sr) throw new UsageError("--sr is missing");
    let progress: Progress | undefined;
    const audit = await auditFolders(values.hr, values.sr, {
      recursive: values.recursive,
      onPair(_, total) {
        progress ??= new Progress("auditing", total, "pairs");
        progress.advance();
      }
    });
    progress?.finish();
    const {missing} = audit;
    if (values.json) process.stdout.write(`${JSON.stringify(audit, null, 2)}\n`);
    else process.stdout.write(`${audit.sentence}\n`);
    const lone = missing.hr.length + missing.sr.length;
    if (lone > 0) {
      const [first] = [...missing.hr, ...missing.sr];
      process.stderr.write(
        `left out: ${lone} image${lone > 1 ? "s" : ""} without a partner (${first}${lone > 1 ? ", …" : ""})\n`
      );
    }
    return auditStatus(audit);
  }
};
