import {openCheckpoint} from "../../models/checkpoints/open.js";
import {startEngine} from "../../models/engines/index.js";
import {buildLpips, lpipsMinimumSide} from "../../models/lpips/lpips.js";
import type {Provenance} from "../../src/measures/tables/analysis.js";
import type {ImageRecord} from "../../src/measures/tables/record.js";
import {sha256File} from "../files.js";
import {readImage} from "../images/index.js";
import {allowedOvershoot} from "./measure-task.js";
import type {Task} from "./task.js";

/** Paths of torchvision's AlexNet and of LPIPS' linear layers (v0.1), safetensors or PyTorch's. */
export interface LpipsInputs {
  readonly backbone: string;
  readonly heads: string;
}

export interface OpenLpips {
  readonly provenance: NonNullable<Provenance["lpips"]>;
  /** The records with their LPIPS. Reads one HR image and its outputs at a time. @throws InputError that names the file. */
  addTo(records: readonly ImageRecord[], tasks: readonly Task[], onDone: () => void): Promise<ImageRecord[]>;
  dispose(): void;
}

/** Starts an engine and loads the weights. @throws InputError when a file cannot be read or has other tensors. */
export async function openLpips({backbone, heads}: LpipsInputs): Promise<OpenLpips> {
  const features = openCheckpoint(backbone);
  try {
    const linear = openCheckpoint(heads);
    try {
      const engine = await startEngine();
      const provenance = {
        backbone: {file: backbone, sha256: await sha256File(backbone)},
        heads: {file: heads, sha256: await sha256File(heads)},
        engine: `${engine.name} (${engine.version})`
      };
      const lpips = buildLpips(features, linear);
      return {
        provenance,
        dispose: () => lpips.dispose(),
        async addTo(records, tasks, onDone) {
          const taskOf = new Map(tasks.map((task) => [task.id, task]));
          const out: ImageRecord[] = [];
          let hr: Awaited<ReturnType<typeof readImage>> | undefined;
          // records come image by image
          for (const record of records) {
            const task = taskOf.get(record.id)!;
            if (hr?.id !== record.id) hr = {...(await readImage(task.hr)), id: record.id};
            const {sr} = task.arms.find(({arm}) => arm === record.arm)!;
            const value = await lpips.distance(hr, await readImage(sr, {overshoot: allowedOvershoot}));
            const {lpips: _, ...absent} = record.absent;
            const reason = `needs a side of at least ${lpipsMinimumSide} pixels, the image has ${hr.width}×${hr.height}`;
            out.push({...record, lpips: value, absent: value === null ? {...absent, lpips: reason} : absent});
            onDone();
          }
          return out;
        }
      };
    } finally {
      linear.close();
    }
  } finally {
    features.close();
  }
}
