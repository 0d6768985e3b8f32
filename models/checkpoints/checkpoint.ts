/** A tensor as a checkpoint file names it. Layouts are PyTorch's: convolution weights are [out, in, kh, kw]. */
export interface TensorInfo {
  readonly name: string;
  /** `F16`, `BF16`, `F32`, `F64`, `I64`, … as safetensors spells them. */
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** An opened checkpoint: the list of tensors is at hand, their values are read one by one. */
export interface Checkpoint {
  /** Where it came from: a path, or a name in a browser. For messages. */
  readonly source: string;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /**
   * What the file says beside the tensors, under its own keys: safetensors' `__metadata__`; of a PyTorch file what stands around the
   * state_dict, so a Lightning file's hyper-parameters are `metadata.hyper_parameters`, an object.
   */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** A tensor's values, widened to float32, contiguous, row-major. @throws InputError when there is no such tensor. */
  read(name: string): Float32Array;
  close(): void;
}
