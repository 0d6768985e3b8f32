import {InputError} from "../../../models/errors.js";
import {checkDataset, type DatasetCheck, isFault, order, sparkline} from "../../datasets/check.js";
import {contactSheet} from "../../datasets/contact-sheet.js";
import {type Dataset, selectFrom} from "../../datasets/dataset.js";
import {type Degrader, parseDegradation} from "../../datasets/degradations/index.js";
import {openDataset} from "../../datasets/open.js";
import {parseSplit} from "../../datasets/splits.js";
import {writeDataset} from "../../datasets/write.js";
import {writeFileAtomic} from "../../files.js";
import {encodePng8} from "../../images/index.js";
import {type Command, numberOption, parseCommandLine, UsageError} from "../command.js";
import {Progress} from "../progress.js";

export const command: Command = {
  summary: "list, check, preview or export a dataset",
  help: `
bandscope data: list, check, preview or export a dataset

Usage: bandscope data list DATASET…
       bandscope data check DATASET…
       bandscope data preview DATASET… [--out FILE.png]
       bandscope data write DATASET --out DIR

DATASET is
  simulated:brain      phantoms: brain, knee, cxr or natural; needs no files. Options follow after commas:
                       patients=50, slices=4, first=0, seed=1, size=256, contrast=T1|T2|FLAIR|PD|PDFS, lesion
  NAME                 a definition that ships (data/datasets/NAME.json), such as simulated-knee
  FILE.json            a definition of your own: {"adapter": …, "root": …, …}
  FOLDER               what it holds decides how it is read: manifest.csv, MRNet-v1.0, BraTS subjects, MIMIC-CXR-JPG,
                       images (PNG, JPEG, .npy) or volumes (NIfTI, DICOM, NRRD, MetaImage, MGH)
  ADAPTER:FOLDER,…     folder, manifest, mrnet, brats, mimic-cxr or volume, with options after commas:
                       folder:scans,patient=^([^/]+)/,masks=masks   brats:BraTS2023,sequence=t2f,rule=tumour

  list     counts by split and modality, without reading pixels
  check    reads everything: sizes, intensities, copies within the dataset, copies and look-alikes across splits,
           pixels against the manifest's hashes
  preview  a contact sheet (PNG) with the masks outlined
  write    8-bit PNGs, masks/ and manifest.csv; with --degrade also the low-resolution images, in lr/

Options:
  --root DIR           where a definition's data are
  --split NAME         only train, valid or test
  --count N            preview: how many images (default: 24)
  --tile PX            preview: size of each (default: 192)
  --seed TEXT          preview: draw the images by chance (default: evenly spread)
  --no-outlines        preview: leave the masks out
  --degrade WHAT       preview: show what this leaves of the images; write: the pairs of HR and LR.
                       bicubic:4, lanczos:4, kspace:4, gaussian:4:1.6; +noise:0.01 adds noise
  --out PATH           preview: the PNG (default: <dataset>-preview.png); write: the folder
  --force              write: into a folder that isn't empty
  --json               list, check: JSON on standard output

Examples:
  bandscope data preview simulated:cxr,lesion --out cxr.png
  bandscope data check ~/MRNet-v1.0
  bandscope data write simulated:brain,patients=100,contrast=FLAIR --degrade bicubic:4 --out phantoms

Exit status: 0 done; 1 something is wrong (a patient in two splits, an unreadable dataset); 2 the command line is wrong;
3 check found faults (unreadable images, copies or look-alikes across splits, pixels that aren't the manifest's).`,
  async run(argv) {
    const {values, positionals} = parseCommandLine({
      args: argv,
      allowPositionals: true,
      options: {
        root: {type: "string"},
        split: {type: "string"},
        count: {type: "string"},
        tile: {type: "string"},
        seed: {type: "string"},
        "no-outlines": {type: "boolean"},
        degrade: {type: "string"},
        out: {type: "string"},
        force: {type: "boolean"},
        json: {type: "boolean"}
      }
    });
    const [action, ...names] = positionals;
    if (!["list", "check", "preview", "write"].includes(action)) {
      throw new UsageError(
        action === undefined
          ? "say list, check, preview or write"
          : `there is no "data ${action}", but list, check, preview and write`
      );
    }
    if (names.length === 0) throw new UsageError("name a dataset, such as simulated:brain or a folder");
    if ((action === "write" || (action === "preview" && values.out !== undefined)) && names.length > 1)
      throw new UsageError(`${action} --out takes one dataset`);
    const count = numberOption("count", values.count ?? "24", {min: 1, max: 2000, integer: true});
    const tile = numberOption("tile", values.tile ?? "192", {min: 16, max: 1024, integer: true});
    const degrader = values.degrade === undefined ? undefined : parseDegradation(values.degrade);
    if (action === "write" && values.out === undefined) throw new UsageError("write needs --out DIR");
    const datasets = names.map((name) =>
      ofSplit(openDataset(name, values.root === undefined ? {} : {root: values.root}), values.split)
    );
    switch (action) {
      case "list":
        return list(datasets, values.json ?? false);
      case "check":
        return check(datasets, values.json ?? false);
      case "write":
        return write(datasets[0], values.out!, values.force ?? false, degrader);
      default:
        for (const dataset of datasets) {
          const shown = degrader ? degraded(dataset, degrader) : dataset;
          const total = Math.min(count, dataset.count);
          const progress = new Progress("reading", total, "images");
          const sheet = await contactSheet(
            shown,
            {count, tile, seed: values.seed, outlines: !values["no-outlines"]},
            () => progress.advance()
          );
          progress.finish();
          const out = values.out ?? `${dataset.id}-preview.png`;
          writeFileAtomic(out, encodePng8(sheet));
          process.stdout.write(`${out}: ${sheet.entries.length} of ${dataset.count} images of ${label(dataset)}\n`);
        }
        return 0;
    }
  }
};

function ofSplit(dataset: Dataset, name: string | undefined): Dataset {
  if (name === undefined) return dataset;
  const split = parseSplit(name);
  if (split === undefined) throw new UsageError(`--split must be train, valid or test, not ${JSON.stringify(name)}`);
  const part = selectFrom(dataset, (entry) => entry.split === split);
  if (part.count === 0) throw new InputError(`${dataset.title} has no images in ${split}`);
  return part;
}

function label({title, simulated}: {title: string; simulated: boolean}): string {
  return simulated && !/simulated/i.test(title) ? `${title} (simulated)` : title;
}

function list(datasets: readonly Dataset[], json: boolean): number {
  const summaries = datasets.map((dataset) => {
    const entries = dataset.list();
    const groups = new Map<string, {split: string; modality: string; images: number; patients: Set<string>}>();
    const perPatient = new Map<string, number>();
    for (const {patient, split = "none", modality} of entries) {
      const key = `${split}\u0000${modality}`;
      const group = groups.get(key) ?? {split, modality, images: 0, patients: new Set<string>()};
      groups.set(key, group);
      ++group.images;
      group.patients.add(patient);
      perPatient.set(patient, (perPatient.get(patient) ?? 0) + 1);
    }
    const each = [...perPatient.values()].sort((a, b) => a - b);
    return {
      id: dataset.id,
      title: dataset.title,
      rule: dataset.rule,
      simulated: dataset.simulated,
      count: dataset.count,
      patients: perPatient.size,
      imagesPerPatient: {least: each[0] ?? 0, median: each[each.length >> 1] ?? 0, most: each.at(-1) ?? 0},
      licences: [...new Set(entries.map((entry) => entry.licence).filter((licence) => licence !== undefined))],
      groups: [...groups.values()]
        .map((group) => ({...group, patients: group.patients.size}))
        .sort((a, b) => order(a.split) - order(b.split) || (a.modality < b.modality ? -1 : 1))
    };
  });
  if (json) {
    process.stdout.write(`${JSON.stringify(summaries, null, 2)}\n`);
    return 0;
  }
  for (const summary of summaries) {
    const {least, median, most} = summary.imagesPerPatient;
    process.stdout.write(
      `${label(summary)}: ${summary.count} images of ${summary.patients} patients (${least === most ? least : `${least} to ${most}, median ${median}`} each)\n  ${summary.rule}\n`
    );
    process.stdout.write(
      table(
        ["split", "modality", "images", "patients"],
        summary.groups.map((g) => [g.split, g.modality, g.images, g.patients])
      )
    );
    for (const licence of summary.licences.slice(0, 8)) process.stdout.write(`  licence: ${licence}\n`);
  }
  return 0;
}

async function check(datasets: readonly Dataset[], json: boolean): Promise<number> {
  const results: DatasetCheck[] = [];
  for (const dataset of datasets) {
    const progress = new Progress(`checking ${dataset.id}`, dataset.count, "images");
    results.push(await checkDataset(dataset, () => progress.advance()));
    progress.finish();
  }
  const faulty = results.some((result) => result.problems.some(isFault));
  if (json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  else for (const result of results) process.stdout.write(describe(result));
  return faulty ? 3 : 0;
}

function describe(result: DatasetCheck): string {
  const {count, patients, sizes, histogram, mean, sd, spectrum, problems} = result;
  const faults = problems.filter(isFault);
  const lines = [
    `${label(result)}: ${count} images of ${patients} patients`,
    `  ${result.rule}`,
    table(
      ["split", "modality", "images", "patients", "with mask"],
      result.groups.map((g) => [g.split, g.modality, g.images, g.patients, g.masks])
    ).trimEnd(),
    `  sizes: ${sizes
      .slice(0, 6)
      .map((s) => `${s.images} of ${s.width}×${s.height}`)
      .join(", ")}${sizes.length > 6 ? `, and ${sizes.length - 6} others` : ""}`,
    `  intensities: mean ${mean.toFixed(3)}, SD ${sd.toFixed(3)}; 0 [${sparkline(histogram)}] 1`
  ];
  if (spectrum !== null)
    lines.push(
      `  power spectrum: falls as frequency to the ${spectrum.exponent.toFixed(2)} (SD ${spectrum.sd.toFixed(2)})`
    );
  const shown = new Map<string, number>();
  for (const problem of problems) {
    const n = (shown.get(problem.kind) ?? 0) + 1;
    shown.set(problem.kind, n);
    if (n <= 10) lines.push(`  ${isFault(problem) ? "fault" : "note"}: ${problem.message}`);
  }
  for (const [kind, n] of shown) if (n > 10) lines.push(`  … and ${n - 10} more of the kind ${kind}`);
  lines.push(
    faults.length === 0
      ? "  no faults: no copies across splits, everything readable"
      : `  ${faults.length} ${faults.length === 1 ? "fault" : "faults"}`
  );
  return `${lines.join("\n")}\n`;
}

async function write(dataset: Dataset, out: string, force: boolean, degrader?: Degrader): Promise<number> {
  const progress = new Progress("writing", dataset.count, "images");
  const manifest = await writeDataset(dataset, out, {force, degrader, advance: () => progress.advance()});
  progress.finish();
  process.stdout.write(`${manifest}: ${dataset.count} images of ${label(dataset)}\n`);
  return 0;
}

/** The same samples after a degradation; masks don't fit them any more. */
function degraded(dataset: Dataset, degrader: Degrader): Dataset {
  return {
    ...dataset,
    async read(id) {
      const {mask: _mask, ...sample} = await dataset.read(id);
      const low = degrader.apply(sample);
      return {...sample, ...low, data: low.data as Float32Array};
    }
  };
}

function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [header, ...rows].map((row) => row.map(String));
  const widths = header.map((_, c) => Math.max(...cells.map((row) => row[c].length)));
  return cells
    .map(
      (row) =>
        `  ${row
          .map((cell, c) => (typeof rows[0]?.[c] === "number" ? cell.padStart(widths[c]) : cell.padEnd(widths[c])))
          .join("  ")
          .trimEnd()}\n`
    )
    .join("");
}
