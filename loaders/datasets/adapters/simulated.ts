import {InputError} from "../../../models/errors.js";
import {type Dataset, type Entry, makeDataset} from "../dataset.js";
import {type Contrast, type LesionRequest, PHANTOM_KINDS, type PhantomKind, phantom} from "../phantoms/index.js";
import {type SplitRule, splitOf, splitRule} from "../splits.js";

export interface SimulatedOptions {
  readonly kind: PhantomKind;
  readonly id?: string;
  readonly title?: string;
  readonly seed?: string | number;
  /** How many patients (scenes); 50 unless told. */
  readonly patients?: number;
  /** Number of the first patient: sets that must not share anyone start at different ones. */
  readonly first?: number;
  /** Slices of each patient, spread evenly over the middle of the anatomy; 4 unless told. */
  readonly slices?: number;
  readonly size?: number;
  readonly contrast?: Contrast;
  /** Every patient has a lesion. */
  readonly lesion?: boolean | LesionRequest;
  readonly split?: Partial<SplitRule>;
}

/** The slices that the phantoms can show, and the middle of them, from which few are taken. */
const ALL = 20;

/** Phantoms as a dataset: nothing is stored, each sample is computed when it is read. */
export function openSimulated(options: SimulatedOptions): Dataset {
  const {kind, seed = 1, patients = 50, first = 0, slices = 4, size = 256, contrast, lesion = false} = options;
  if (!PHANTOM_KINDS.includes(kind))
    throw new InputError(`there is no phantom ${JSON.stringify(kind)}; there are ${PHANTOM_KINDS.join(", ")}`);
  const whole = (name: string, value: number, low: number, high: number) => {
    if (!(Number.isInteger(value) && value >= low && value <= high))
      throw new InputError(`simulated:${kind}: ${name} must be a whole number from ${low} to ${high}, not ${value}`);
  };
  whole("patients", patients, 1, 1_000_000);
  whole("slices", slices, 1, ALL);
  whole("first", first, 0, 1_000_000_000);
  const id = options.id ?? `simulated-${kind}`;
  const rule = splitRule(options.split, id);
  const positions = Array.from({length: slices}, (_, i) => Math.floor(((i + 0.5) * ALL) / slices));
  // the options are checked here rather than at the first image
  if (contrast !== undefined || size !== 256) phantom(kind, {seed, patient: first, size: Math.min(size, 16), contrast});
  const wanted = new Map<string, {patient: number; slice: number}>();
  const entries: Entry[] = [];
  const modality = modalityOf(kind, contrast);
  for (let patient = first; patient < first + patients; ++patient) {
    const who = `simulated-${kind}-${seed}-${patient}`;
    const split = splitOf(who, rule);
    for (const slice of positions) {
      const name = `${id}-${patient}-s${String(slice).padStart(2, "0")}`;
      wanted.set(name, {patient, slice});
      entries.push({
        id: name,
        patient: who,
        modality,
        split,
        source: `simulated:${kind} seed ${seed} patient ${patient} slice ${slice}`,
        licence: "none needed: simulated",
        simulated: true
      });
    }
  }
  return makeDataset({
    id,
    title: options.title ?? `simulated ${kind}`,
    rule: `phantoms of seed ${seed}; splits by a hash of the patient (seed ${rule.seed})`,
    simulated: true,
    entries,
    async read(entry) {
      const {patient, slice} = wanted.get(entry.id)!;
      const sample = phantom(kind, {seed, patient, slice, slices: ALL, size, lesion, contrast});
      return {...sample, id: entry.id, patient: entry.patient, split: entry.split};
    }
  });
}

/** The words that the phantoms themselves use, without rendering one. */
function modalityOf(kind: PhantomKind, contrast: Contrast | undefined): string {
  if (kind === "brain") return `simulated brain MRI axial ${contrast ?? "T2"}`;
  if (kind === "knee") return `simulated knee MRI sagittal ${contrast ?? "PDFS"}`;
  return kind === "cxr" ? "simulated chest X-ray PA" : "simulated natural scene";
}
