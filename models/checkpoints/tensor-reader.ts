import {InputError} from "../errors.js";
import type {Checkpoint} from "./checkpoint.js";
import {dtypes, isDType} from "./dtypes.js";
import {quoted} from "./printable.js";

/**
 * What a model builder reads its weights through: `take` checks that a tensor is there, floating-point and of the expected
 * shape, `finish` that none is left over. Every complaint is one sentence that names the file, the tensor and what
 * was expected.
 *
 * @example
 * const reader = new TensorReader(checkpoint, "AutoencoderKL");
 * const kernel = reader.take("encoder.conv_in.weight", [128, 3, 3, 3]);
 * reader.finish();
 */
export class TensorReader {
  private readonly used = new Set<string>();

  /** @param model what is being built, for the messages: "AutoencoderKL" */
  constructor(
    readonly checkpoint: Checkpoint,
    readonly model: string
  ) {}

  has(name: string): boolean {
    return this.checkpoint.tensors.has(name);
  }

  /** A tensor's shape, for an architecture to be inferred from. @throws InputError when it is missing or has another rank. */
  shape(name: string, rank?: number): readonly number[] {
    const info = this.checkpoint.tensors.get(name);
    if (info === undefined) throw this.missing(name);
    if (rank !== undefined && info.shape.length !== rank)
      throw this.misfit(name, `has shape ${shapeText(info.shape)}, expected ${rank} dimensions`);
    return info.shape;
  }

  /**
   * The values of a tensor that must be there, float32, row-major. @throws InputError when it is missing, not of
   * a floating-point type, or of another shape.
   */
  take(name: string, shape: readonly number[]): Float32Array {
    const info = this.checkpoint.tensors.get(name);
    if (info === undefined) throw this.missing(name, shape);
    if (info.shape.length !== shape.length || info.shape.some((size, i) => size !== shape[i]))
      throw this.misfit(name, `has shape ${shapeText(info.shape)}, expected ${shapeText(shape)}`);
    if (!isDType(info.dtype) || !dtypes[info.dtype].float)
      throw this.misfit(name, `has dtype ${info.dtype}, expected a floating-point type (F32, F16, BF16 or F64)`);
    this.used.add(name);
    return this.checkpoint.read(name);
  }

  /** Like `take`, or `undefined` when there is no such tensor. */
  takeOptional(name: string, shape: readonly number[]): Float32Array | undefined {
    return this.has(name) ? this.take(name, shape) : undefined;
  }

  /** Marks tensors that the model knows and does not need (`loss.*`, a schedule's buffers). */
  ignore(test: (name: string) => boolean): void {
    for (const name of this.checkpoint.tensors.keys()) if (test(name)) this.used.add(name);
  }

  /** To be called when the model is complete. @throws InputError when the checkpoint holds a tensor that was neither taken nor ignored. */
  finish(): void {
    const extra = [...this.checkpoint.tensors.keys()].filter((name) => !this.used.has(name));
    if (extra.length === 0) return;
    const more = extra.length > 1 ? ` (and ${extra.length - 1} more)` : "";
    const {shape} = this.checkpoint.tensors.get(extra[0])!;
    throw this.misfit(
      extra[0],
      `of shape ${shapeText(shape)} is extra${more}: ${article(this.model)} of this architecture has no such tensor`
    );
  }

  /** An error about a tensor that is absent, for a builder that finds so itself. */
  missing(name: string, shape?: readonly number[]): InputError {
    return this.misfit(
      name,
      `is missing, expected ${shape === undefined ? "" : `${shapeText(shape)} `}in ${article(this.model)}`
    );
  }

  /** An error about a tensor that does not fit: `SOURCE: tensor "NAME" WHAT`. */
  misfit(name: string, what: string): InputError {
    return new InputError(`${this.checkpoint.source}: tensor ${quoted(name)} ${what}`);
  }
}

function shapeText(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

function article(model: string): string {
  return `${/^[AEIOaeio]/.test(model) ? "an" : "a"} ${model}`;
}
