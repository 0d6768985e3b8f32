import {type AuditTask, type AuditTaskResult, auditArm} from "./audit.js";
import {type BatchTask, type BatchTaskResult, measureBatch} from "./batch.js";
import {keepPicture, type PictureTask, type PictureTaskResult} from "./picture.js";
import {type MeansTask, type MeansTaskResult, spectralMeans} from "./spectral-means.js";

/** What a thread can be asked for: all of it plain data. */
export type Task = PictureTask | BatchTask | AuditTask | MeansTask;

export type ResultOf<T extends Task> = T extends PictureTask
  ? PictureTaskResult
  : T extends BatchTask
    ? BatchTaskResult
    : T extends AuditTask
      ? AuditTaskResult
      : T extends MeansTask
        ? MeansTaskResult
        : never;

export function runTask<T extends Task>(task: T): Promise<ResultOf<T>> {
  const run = (): Promise<unknown> => {
    switch (task.kind) {
      case "picture":
        return keepPicture(task);
      case "batch":
        return measureBatch(task);
      case "audit":
        return auditArm(task);
      case "means":
        return spectralMeans(task);
    }
  };
  return run() as Promise<ResultOf<T>>;
}
