import {join} from "node:path";
import {findKnownWeights, type KnownWeights, knownWeights} from "../../../models/checkpoints/known.js";
import {fetchWeights} from "../../weights/fetch.js";
import {type Command, parseCommandLine, UsageError} from "../command.js";

const defaultFolder = join(".bandscope", "weights");

export const command: Command = {
  summary: "download the pretrained weights of a known model from where its makers publish them",
  help: `
Usage: bandscope fetch-weights ID… [--out DIR]
       bandscope fetch-weights --list

Downloads the files of pretrained models from where their makers publish them. A download that broke off is continued, by
itself or when the command is run again; a file is put in place only when it is whole and, where a checksum is known (ours, or the
one that the server tells), right. What is there already is not downloaded again.

Options:
  --out DIR   the folder to put them in; each id gets a folder of its own (default: ${defaultFolder})
  --list      show the known ids with geometry, licence and address, and stop

Environment:
  HF_ENDPOINT   a mirror of https://huggingface.co
  HTTPS_PROXY   a proxy, with NODE_USE_ENV_PROXY=1 on Node 24 (older ones know no proxy)

Examples:
  bandscope fetch-weights --list
  bandscope fetch-weights sdvae medvae-4-3
  bandscope import ${defaultFolder}/sdvae/diffusion_pytorch_model.safetensors --id sdvae --dtype f16

Where the machine cannot reach the host, the message tells the address: download the file elsewhere, copy it here,
and go on with bandscope import.

Exit status: 0 all are there, 1 a host cannot be reached or a file is not as it should be, 2 the command line is wrong.
`,
  async run(argv) {
    const {values, positionals} = parseCommandLine({
      args: argv,
      allowPositionals: true,
      options: {out: {type: "string", default: defaultFolder}, list: {type: "boolean", default: false}}
    });
    if (values.list) {
      process.stdout.write(knownWeights.map(describe).join(""));
      return 0;
    }
    if (positionals.length === 0) throw new UsageError("no id was given; bandscope fetch-weights --list shows them");
    // all ids are checked before the first byte is fetched
    const wanted = positionals.map(findKnownWeights);
    for (const known of wanted) {
      process.stderr.write(`${known.id}: ${known.title}, licence ${known.licence}, from ${known.page}\n`);
      const files = await fetchWeights(known, join(values.out, known.id));
      for (const {path, sha256, verified, kept} of files) {
        const trust = verified === "nothing" ? "no checksum to compare with is known" : `agrees with the ${verified}`;
        process.stderr.write(`${kept ? "already there" : "done"}; SHA-256 ${sha256}, ${trust}\n`);
        process.stdout.write(`${path}\n`);
      }
    }
    return 0;
  }
};

function describe({id, title, domain, imageChannels, geometry, scale, licence, files}: KnownWeights): string {
  const shape = geometry ? `${geometry.channels} channels at f${geometry.factor}` : `×${scale}`;
  const rows = files.map(({url, sha256}) => `    ${url}${sha256 === null ? "" : " (checksum known)"}\n`);
  return `${id}: ${title}\n    ${shape}, ${imageChannels} image channel${imageChannels > 1 ? "s" : ""}, ${domain} images, licence ${licence}\n${rows.join("")}`;
}
