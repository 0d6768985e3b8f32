import {appendFileSync, readFileSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {InputError} from "../../models/errors.js";
import {auditFeature, PairingAudit, type PairingReport} from "../../src/measures/audit.js";
import {clampUnit, psnr} from "../../src/measures/fidelity.js";
import {measureTask} from "../analyse/measure-task.js";
import {json} from "../analyse/report.js";
import {textOrder} from "../site/audit.js";
import type {Json} from "../store/canonical.js";
import type {Artefact} from "../store/store.js";
import {preparedImages} from "./images.js";
import type {StudyRecord} from "./measured.js";
import {planeOf} from "./outputs.js";
import type {MeasuresTask} from "./step.js";
import {eachBatch, type StepContext} from "./stepContext.js";
import type {WorkFolder} from "./work.js";

const together = 16;

export interface MeasuredOutputs {
  readonly images: Artefact;
  readonly outputs: Artefact;
  /** What the arm's autoencoder makes of HR; null for an arm without one. */
  readonly ceiling: Artefact | null;
}

/**
 * Writes `records.jsonl`, all measures of each output, a line an image, and `audit.json`, the pairing audit. Paired correctly, an
 * output belongs to the HR image of its id. `published-bug` compares as the study's script did: images are known by their
 * number, outputs come in the order of those numbers as text (0, 1, 10, 11, …, 2, …) and are named by their place in it.
 * @throws InputError when correctly paired outputs turn out not to be those of their names
 */
export async function makeMeasures(
  {arm, pairing}: MeasuresTask,
  {images, outputs, ceiling}: MeasuredOutputs,
  folder: string,
  work: WorkFolder,
  context: StepContext
): Promise<{readonly [key: string]: Json}> {
  const list = preparedImages(images);
  const order = pairing === "correct" ? list.map((_, i) => i) : textOrder(list.length);
  const pairs = list.map((image, i) => ({...image, number: i, output: list[order[i]].id}));
  const target = join(folder, "records.jsonl");
  writeFileSync(target, "");
  const audit = new PairingAudit();
  await eachBatch(pairs, together, context, async (batch, number) => {
    const name = `records/${number}.jsonl`;
    const known = work.has([name]);
    const started = performance.now();
    const lines: string[] = [];
    for (const {id, patient, mask, number: index, output} of batch) {
      // the script knew its images by their numbers only
      const called = pairing === "correct" ? id : `hr_${index}`;
      if (known) {
        audit.addFeatures(
          called,
          auditFeature(planeOf(images, "hr", id)),
          auditFeature(planeOf(outputs, "outputs", output))
        );
        continue;
      }
      const sr = outputs.path(`outputs/${output}.npy`);
      const result = await measureTask({
        id,
        patient,
        hr: images.path(`hr/${id}.npy`),
        lr: images.path(`lr/${id}.npy`),
        mask: mask ? images.path(`mask/${id}.npy`) : {absent: "this image has no region of interest"},
        arms: [{arm, sr, ae: ceiling === null ? null : ceiling.path(`outputs/${id}.npy`)}],
        factor: null,
        sfrc: true
      });
      if (result.records.length !== 1) throw new InputError(`${arm}: ${result.mismatches[0]}`);
      audit.addFeatures(called, result.features.hr, result.features.arms[0].sr);
      const self =
        ceiling === null
          ? null
          : psnr(clampUnit(planeOf(ceiling, "outputs", id)), clampUnit(planeOf(outputs, "outputs", output)));
      const record: StudyRecord = {...result.records[0], self_psnr: self};
      lines.push(`${json(record)}\n`);
    }
    if (!known) work.put([[name, lines.join("")]], (performance.now() - started) / 1000);
    appendFileSync(target, readFileSync(work.path(name)));
  });
  const report = audit.report();
  if (pairing === "correct" && report.verdict === "mispaired")
    throw new InputError(
      `${arm}: the pairing audit found outputs that do not belong to their images. ${report.sentence}`
    );
  writeFileSync(join(folder, "audit.json"), JSON.stringify(report));
  return {verdict: report.verdict, seconds: Math.round(work.seconds * 1000) / 1000};
}

/** The records of a measures artefact. */
export function readRecords(measures: Artefact): StudyRecord[] {
  const lines = measures.read("records.jsonl").toString().split("\n");
  return lines.flatMap((line) => (line === "" ? [] : [parseRecord(line)]));
}

export function readAudit(measures: Artefact): PairingReport {
  return JSON.parse(measures.read("audit.json").toString()) as PairingReport;
}

function parseRecord(line: string): StudyRecord {
  if (!line.includes('Infinity"')) return JSON.parse(line) as StudyRecord;
  return JSON.parse(line, (_, value) => (value === "Infinity" ? Infinity : value === "-Infinity" ? -Infinity : value));
}
