import * as tf from "@tensorflow/tfjs-core";

/** Into how many rows for each thread a batch is divided: as equal as can be, none empty. */
export function share(rows: number, threads: number): number[] {
  const parts = Math.min(rows, threads);
  return Array.from({length: parts}, (_, i) => Math.floor(rows / parts) + (i < rows % parts ? 1 : 0));
}

/** The first rows of each, as tensors of their own. */
export function firstRows(inputs: readonly tf.Tensor[], rows: number): tf.Tensor[] {
  return inputs.map((input) =>
    tf.slice(
      input,
      input.shape.map(() => 0),
      [rows, ...input.shape.slice(1)]
    )
  );
}
