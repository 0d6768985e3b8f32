import {InputError} from "../../../models/errors.js";
import type {Sample} from "../sample.js";
import {brain} from "./brain.js";
import {cxr} from "./cxr.js";
import {knee} from "./knee.js";
import {natural} from "./natural.js";
import type {LesionRequest, PhantomImage, PhantomRequest} from "./request.js";
import {CONTRASTS, type Contrast} from "./tissue.js";

export type {Sample} from "../sample.js";
export type {LesionRequest} from "./request.js";
export type {Contrast} from "./tissue.js";

export type PhantomKind = "brain" | "knee" | "cxr" | "natural";
export const PHANTOM_KINDS: readonly PhantomKind[] = ["brain", "knee", "cxr", "natural"];

const RENDERERS: Record<PhantomKind, (request: PhantomRequest) => PhantomImage> = {brain, knee, cxr, natural};
/** Slices (of the natural scenes: views, of the chest: exposures) that a patient has unless told. */
export const DEFAULT_SLICES = 20;

export interface PhantomOptions {
  /** Decides everything together with the patient's name and the slice. */
  readonly seed: string | number;
  readonly patient: string | number;
  /** From 0; the middle one when left out. */
  readonly slice?: number;
  /** How many slices the anatomy is cut into; 20 unless told. */
  readonly slices?: number;
  /** Width and height in pixels, from 16 up; the anatomy stays the same, in millimetres. 256 unless told. */
  readonly size?: number;
  /** A tumour, tear, oedema, nodule or blot, with a mask. The rest of the image is the same with and without it. */
  readonly lesion?: boolean | LesionRequest;
  /** Of the magnetic-resonance phantoms: brain T2 unless told, knee PDFS. */
  readonly contrast?: Contrast;
}

/**
 * A simulated image with its ground truth: the same bytes for the same options on every machine, no files needed.
 * The lesion changes nothing but its own pixels (and those that its oedema and the point spread reach).
 *
 * @throws InputError when an option makes no sense
 */
export function phantom(kind: PhantomKind, options: PhantomOptions): Sample {
  const {seed, patient, slices = DEFAULT_SLICES, size = 256, lesion = false, contrast} = options;
  const {slice = Math.floor(slices / 2)} = options;
  const render = Object.hasOwn(RENDERERS, kind) ? RENDERERS[kind] : undefined;
  if (render === undefined)
    throw new InputError(`there is no phantom ${JSON.stringify(kind)}; there are ${PHANTOM_KINDS.join(", ")}`);
  if (!(Number.isInteger(size) && size >= 16 && size <= 4096))
    throw new InputError(`a phantom's size must be a whole number from 16 to 4096, not ${size}`);
  if (!(Number.isInteger(slices) && slices >= 1))
    throw new InputError(`a phantom's slices must be a whole number from 1 up, not ${slices}`);
  if (!(Number.isInteger(slice) && slice >= 0 && slice < slices))
    throw new InputError(`a phantom's slice must be a whole number from 0 to ${slices - 1}, not ${slice}`);
  if (contrast !== undefined && !CONTRASTS.includes(contrast))
    throw new InputError(
      `a phantom's contrast must be one of ${CONTRASTS.join(", ")}, not ${JSON.stringify(contrast)}`
    );
  if (contrast !== undefined && (kind === "cxr" || kind === "natural"))
    throw new InputError(`the ${kind} phantom has no contrast; ${contrast} belongs to brain and knee`);
  const {
    data,
    modality,
    mask,
    lesion: found
  } = render({
    seed,
    patient: String(patient),
    slice,
    slices,
    size,
    lesion: lesion === true ? {} : lesion === false ? undefined : lesion,
    contrast
  });
  const weighting = contrast ? `-${contrast}` : "";
  return {
    id: `simulated-${kind}${weighting}-${seed}-${patient}-s${String(slice).padStart(2, "0")}${lesion ? "-lesion" : ""}`,
    data,
    width: size,
    height: size,
    patient: `simulated-${kind}-${seed}-${patient}`,
    modality,
    ...(mask && {mask}),
    ...(found && {lesion: found}),
    simulated: true
  };
}
