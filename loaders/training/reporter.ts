import {Progress} from "../cli/progress.js";

/** Whom a training tells how it goes. */
export interface TrainingReporter {
  /** A line for people. */
  note(text: string): void;
  progress(label: string, total: number, unit: string): {advance(n?: number, note?: string): void; finish(): void};
}

/** On stderr: lines, and bars with the time left. */
export const terminalReporter: TrainingReporter = {
  note: (text) => void process.stderr.write(`${text}\n`),
  progress: (label, total, unit) => new Progress(label, total, unit)
};

export const silentReporter: TrainingReporter = {
  note() {},
  progress: () => ({advance() {}, finish() {}})
};
