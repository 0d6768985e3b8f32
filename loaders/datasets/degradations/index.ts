import {InputError} from "../../../models/errors.js";
import type {Image, Plane} from "../../../src/measures/image.js";
import {random} from "../../../src/measures/random.js";
import {applyDown, type ResizeRows, resize8} from "../../../src/measures/resize.js";
import {quantise, unitRange} from "../quantise.js";
import {pseudoInverseOf} from "./pseudo-inverse.js";
import {DEGRADATION_KINDS, type DegradationKind, degradationRows} from "./rows.js";

export {DEGRADATION_KINDS, type DegradationKind} from "./rows.js";

/** What makes a low-resolution image of a high-resolution one; plain data, so that it can stand in a study file. */
export interface DegradationSpec {
  readonly kind: DegradationKind;
  /** 2 to 16. */
  readonly factor: number;
  /**
   * 8: in and out are 8-bit, for `bicubic` and `lanczos` exactly as Pillow does it. `"float"`: real numbers throughout, a linear
   * map, neither clamped nor rounded. 8 unless told.
   */
  readonly bits?: 8 | "float";
  /** Of the Gaussian, in high-resolution pixels; 0.4 × factor unless told. */
  readonly sigma?: number;
  /** SD of Gaussian noise added to the low-resolution image, in its units of [0, 1]; none unless told. */
  readonly noise?: number;
  /** Of the noise; together with the image's id it decides it. */
  readonly seed?: string | number;
}

/** One axis of D and of D⁺. */
export interface DegradationAxis {
  /** D, sparse: to × from. */
  readonly rows: ResizeRows;
  /** D⁺ = Dᵀ(D·Dᵀ)⁻¹, dense row-major: from × to. */
  readonly inverse: Float64Array;
}

/**
 * A separable degradation: LR = D·HR·Dᵀ (+ noise), rows and columns alike. D⁺ splits any image into the part that the low-resolution image
 * determines, P·X·Pᵀ with P = D⁺D, and the rest, which has to be invented (Bhadra et al., IEEE TMI 2021).
 */
export class Degrader {
  readonly id: string;
  readonly spec: Required<DegradationSpec>;
  private readonly axes = new Map<number, DegradationAxis>();

  /** @throws InputError when the specification makes no sense */
  constructor(spec: DegradationSpec) {
    const {kind, factor, bits = 8, sigma = 0.4 * factor, noise = 0, seed = 0} = spec;
    if (!DEGRADATION_KINDS.includes(kind))
      throw new InputError(
        `there is no degradation ${JSON.stringify(kind)}; there are ${DEGRADATION_KINDS.join(", ")}`
      );
    if (!(Number.isInteger(factor) && factor >= 2 && factor <= 16))
      throw new InputError(`a degradation's factor must be a whole number from 2 to 16, not ${factor}`);
    if (bits !== 8 && bits !== "float") throw new InputError(`a degradation's bits must be 8 or "float", not ${bits}`);
    if (!(sigma > 0.1 && sigma <= factor))
      throw new InputError(
        `a Gaussian of factor ${factor} must have a sigma from 0.1 to ${factor} pixels, not ${sigma}`
      );
    if (!(noise >= 0 && noise <= 1)) throw new InputError(`the noise's SD must be from 0 to 1, not ${noise}`);
    this.spec = {kind, factor, bits, sigma, noise, seed};
    this.id = [
      `${kind}${bits === 8 ? "" : "-float"}-x${factor}`,
      ...(kind === "gaussian" ? [`s${sigma}`] : []),
      ...(noise > 0 ? [`n${noise}`] : [])
    ].join("-");
  }

  /** Width or height of the low-resolution image. @throws InputError when the side isn't a multiple of the factor */
  lowSide(side: number): number {
    const {factor} = this.spec;
    if (side % factor !== 0 || side < 2 * factor)
      throw new InputError(
        `an image of side ${side} can't be degraded ${factor}-fold: its sides must be multiples of ${factor}`
      );
    return side / factor;
  }

  /** The low-resolution image, with the same id. 8-bit ones are multiples of 1/255 in [0, 1]. */
  apply<T extends Image>(image: T): Image {
    const {kind, bits, noise, seed} = this.spec;
    const width = this.lowSide(image.width);
    const height = this.lowSide(image.height);
    const pillow = bits === 8 && (kind === "bicubic" || kind === "lanczos");
    const low = pillow
      ? unitRange(resize8(quantise(image.data), image, {width, height}, kind))
      : this.linear(image).data;
    const data = Float32Array.from(low);
    if (noise > 0) {
      const source = random("degradation", seed, image.id);
      for (let k = 0; k < data.length; ++k) data[k] += noise * source.normal();
    }
    if (bits === 8)
      for (let k = 0; k < data.length; ++k) data[k] = Math.round(255 * Math.min(1, Math.max(0, data[k]))) / 255;
    return {id: image.id, data, width, height};
  }

  /** D·X·Dᵀ without noise, clamping or rounding. */
  linear(image: Plane): Plane {
    const across = this.axis(image.width).rows;
    const down = this.axis(image.height).rows;
    const tall = applyDown(down, image.data, image.width);
    const turned = applyDown(across, transpose(tall, image.width, down.to), down.to);
    return {data: transpose(turned, down.to, across.to), width: across.to, height: down.to};
  }

  /** D⁺·Y·D⁺ᵀ: the smallest image whose low-resolution image is Y. */
  lift(low: Plane): Plane {
    const {factor} = this.spec;
    const across = this.axis(low.width * factor);
    const down = this.axis(low.height * factor);
    const tall = multiply(down.inverse, low.data, down.rows.from, low.height, low.width);
    const turned = multiply(
      across.inverse,
      transpose(tall, low.width, down.rows.from),
      across.rows.from,
      low.width,
      down.rows.from
    );
    return {data: transpose(turned, down.rows.from, across.rows.from), width: across.rows.from, height: down.rows.from};
  }

  /** P·X·Pᵀ: what of the image the low-resolution image determines. */
  measured(image: Plane): Plane {
    return this.lift(this.linear(image));
  }

  /** X − P·X·Pᵀ: what the low-resolution image says nothing about. */
  invented(image: Plane): Plane {
    const {data} = this.measured(image);
    return {data: Float64Array.from(data, (v, k) => image.data[k] - v), width: image.width, height: image.height};
  }

  /** D and D⁺ of one axis of this length. @throws InputError when the length doesn't fit or D can't be inverted */
  axis(side: number): DegradationAxis {
    let axis = this.axes.get(side);
    if (axis === undefined) {
      this.lowSide(side);
      const {kind, factor, sigma} = this.spec;
      const rows = degradationRows(kind, side, factor, sigma);
      try {
        axis = {rows, inverse: pseudoInverseOf(rows)};
      } catch (error) {
        throw new InputError(`the degradation ${this.id} loses too much to be inverted; a smaller sigma would do`, {
          cause: error
        });
      }
      this.axes.set(side, axis);
    }
    return axis;
  }
}

/**
 * Reads `bicubic:4`, `bicubic-float:2`, `kspace:4`, `gaussian:4:1.6`, each with `+noise:0.01` if wanted.
 * @throws InputError when the text is none of these
 */
export function parseDegradation(text: string, seed: string | number = 0): Degrader {
  const [shape, ...extras] = text.trim().split("+");
  const match = /^(bicubic|lanczos|kspace|gaussian)(-float)?[:x×-]x?(\d+)(?::([\d.]+))?$/.exec(shape);
  const noise = extras.length === 1 ? /^noise:([\d.]+)$/.exec(extras[0]) : null;
  if (
    match === null ||
    extras.length > 1 ||
    (extras.length === 1 && noise === null) ||
    (match[4] !== undefined && match[1] !== "gaussian")
  )
    throw new InputError(
      `the degradation ${JSON.stringify(text)} isn't understood; write bicubic:4, bicubic-float:2, kspace:4 or gaussian:4:1.6, each with +noise:0.01 if wanted`
    );
  return new Degrader({
    kind: match[1] as DegradationKind,
    factor: Number(match[3]),
    bits: match[2] ? "float" : 8,
    ...(match[4] !== undefined && {sigma: Number(match[4])}),
    ...(noise && {noise: Number(noise[1])}),
    seed
  });
}

function transpose(data: ArrayLike<number>, width: number, height: number): Float64Array {
  const out = new Float64Array(width * height);
  for (let y = 0; y < height; ++y) for (let x = 0; x < width; ++x) out[x * height + y] = data[y * width + x];
  return out;
}

/** (n × m) · (m × width). */
function multiply(matrix: Float64Array, data: ArrayLike<number>, n: number, m: number, width: number): Float64Array {
  const out = new Float64Array(n * width);
  for (let i = 0; i < n; ++i)
    for (let k = 0; k < m; ++k) {
      const a = matrix[i * m + k];
      if (a === 0) continue;
      for (let x = 0; x < width; ++x) out[i * width + x] += a * data[k * width + x];
    }
  return out;
}
