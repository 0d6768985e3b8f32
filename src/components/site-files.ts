import type {Plane} from "../measures/image.js";
import {fileUrl} from "./file-url.js";
import {fixed} from "./format.js";
import {decodeHistograms} from "./histogram-codec.js";
import type {Histogram, LabImage} from "./lab-data.js";
import {loadPlane} from "./load-plane.js";
import {maskOfRuns, outlineOf} from "./outline.js";
import type {Sorting} from "./picker.js";
import type {MeasureRow, SetSummary, SiteArm, SiteDetail, SiteImage, SiteIndex, SiteSet} from "./site-data.js";
import {loadTable} from "./site-tables.js";
import type {Pair, Picture, Pictures} from "./viewer.js";

/** The site's index with what pages ask of it. What grows with the images is fetched when it is asked for. */
export function siteFiles(index: SiteIndex) {
  const arms = index.arms.map(({id}) => id);
  const imageUrl = (file: string) => (file === "" ? "" : fileUrl(`images/${file}`));
  const places = new Map(index.images.map(({id}, i) => [id, i]));
  const imageOf = (id: string): SiteImage => {
    const place = places.get(id);
    if (place === undefined) throw new RangeError(`there is no image ${id}`);
    return index.images[place];
  };
  const armOf = (id: string): SiteArm => {
    const arm = index.arms.find((one) => one.id === id);
    if (arm === undefined) throw new RangeError(`there is no arm ${id}`);
    return arm;
  };
  const ofSet = new Map<string, readonly SiteImage[]>(
    index.sets.map((set) => [set.id, index.images.filter((image) => image.set === set.id)])
  );
  const setPlace = (set: string) => index.sets.findIndex(({id}) => id === set);
  const table = <T>(path: string, read: (response: Response) => Promise<T>) =>
    loadTable(fileUrl(`tables/${index.tables}/${path}`), read);
  const json = <T>(path: string) => table(path, (response) => response.json() as Promise<T>);

  const detail = (id: string) => json<SiteDetail>(`images/${places.get(imageOf(id).id)}.json`);
  const outlineFor = ({mask}: SiteDetail, {width, height}: SiteImage): Pictures["outline"] =>
    mask === undefined ? null : outlineOf(maskOfRuns(mask, width, height));

  /** One measure of a set: by image, of each arm. */
  async function column(set: string, measure: string): Promise<(image: string, arm: string) => number | undefined> {
    const own = ofSet.get(set)!;
    const values = await table(`columns/${setPlace(set)}.${measure}.bin`, async (response) => {
      const view = new DataView(await response.arrayBuffer());
      return Float32Array.from({length: view.byteLength / 4}, (_, i) => view.getFloat32(4 * i, true));
    });
    const at = new Map(own.map(({id}, i) => [id, i]));
    return (image, arm) => {
      const value = values[arms.indexOf(arm) * own.length + at.get(image)!];
      return Number.isNaN(value) ? undefined : value;
    };
  }

  const labs = new Map<string, readonly (LabImage & {readonly histograms: Record<string, Histogram>})[]>();
  /** A set's images with the histograms of (at least) some arms. */
  async function labImages(set: string, wanted: readonly string[]): Promise<readonly LabImage[]> {
    const images = labs.get(set) ?? ofSet.get(set)!.map(({id, patient}) => ({id, patient, histograms: {}}));
    labs.set(set, images);
    await Promise.all(
      [...new Set(wanted)].map(async (arm) => {
        if (arm in images[0].histograms) return;
        const histograms = await table(`errors/${setPlace(set)}.${arms.indexOf(arm)}.bin`, async (response) =>
          decodeHistograms(new Uint8Array(await response.arrayBuffer()))
        );
        images.forEach((image, i) => {
          image.histograms[arm] = histograms[i];
        });
      })
    );
    return images;
  }

  const there = new Set(index.measures.filter(({banded}) => !banded).map(({measure}) => measure));
  const sorting: Omit<Sorting, "value" | "onChange"> = {
    measures: sortMeasures.flatMap(({measure, label}) => (there.has(measure) ? [{value: measure, label}] : [])),
    arms: index.arms.map(({id, label}) => ({value: id, label})),
    column,
    text: (number, measure) => {
      const {digits, unit} = sortMeasures.find((one) => one.measure === measure)!;
      return number === undefined ? "–" : `${fixed(number, digits)}${unit}`;
    }
  };
  const generated = index.arms.filter(({kind}) => kind === "super-resolution");
  const autoencoders = index.arms.filter(({kind}) => kind === "autoencoder");
  // the medical autoencoder at the finer geometry is the study's main arm
  const favourite = (list: readonly SiteArm[]) => list.find(({id}) => id.includes(":medical-f4c3")) ?? list[0];
  const mainAe = favourite(autoencoders);
  const mainSr = favourite(generated);
  const plain = index.arms.find(({kind}) => kind === "baseline");
  return {
    index,
    arms,
    imageUrl,
    imageOf,
    detail,
    column,
    labImages,
    sorting,
    armOf,
    /** HR, LR and every arm: what can be seen of an image. */
    pictureOptions: [
      {value: "hr", label: "HR"},
      {value: "lr", label: "LR"},
      ...index.arms.map(({id, label}) => ({value: id, label}))
    ],
    /** The arms that charts show unless told: bicubic, and the study's two autoencoders and generators in them, as far as they are there. */
    defaultArms: usual(index.arms, arms),
    defaultPictures: ["hr", ...[plain, mainAe, mainSr].flatMap((arm) => (arm ? [arm.id] : []))],
    armOptions: index.arms.map(({id, label}) => ({value: id, label})),
    /** A generator's output rather than an autoencoder's, that rather than the baseline. */
    defaultArm: mainSr?.id ?? mainAe?.id ?? arms[0],
    autoencoderOptions: autoencoders.map(({id, label}) => ({value: id, label})),
    /** Whose error is an arm's floor: its autoencoder's, an autoencoder's own; of the baseline the main one's. */
    autoencoderOf(arm: string): string {
      const of = armOf(arm).generator?.autoencoder;
      if (of !== undefined && arms.includes(of)) return of;
      return armOf(arm).kind === "autoencoder" ? arm : (mainAe?.id ?? arm);
    },
    /** The natural autoencoder of the study's baseline, whose floor can serve all arms. */
    sharedFloor: (autoencoders.find(({id}) => id === "ae:natural-f8c4") ?? mainAe)?.id ?? "own",
    /** Natural against medical: generators where there are two, else autoencoders, else whatever there is. */
    comparedPair: pairOf(generated) ?? pairOf(autoencoders) ?? ([arms[0], arms.at(-1)!] as const),
    /** Width and height of LR, four times smaller. */
    lowSize(image: string): readonly [number, number] {
      const {width, height} = imageOf(image);
      return [Math.max(1, Math.round(width / 4)), Math.max(1, Math.round(height / 4))];
    },
    setOf(image: string): SiteSet {
      const {set} = imageOf(image);
      return index.sets.find((one) => one.id === set)!;
    },
    /** What charts show of a set. */
    summary: (set: string) => json<SetSummary>(`sets/${setPlace(set)}.json`),
    /** How alike an arm's outputs of the audit's list and the HR images are. */
    auditCorrelation: (arm: string) => json<readonly (readonly number[])[]>(`audit/${arms.indexOf(arm)}.json`),
    /** The measures of an image as rows. */
    rowsOf({id, measures}: SiteDetail): MeasureRow[] {
      const {set, patient} = imageOf(id);
      const kinds = new Map(index.measures.map((one) => [one.measure, one]));
      return arms.flatMap((arm) =>
        Object.entries(measures[arm]).map(([key, value]) => {
          const [measure, band = ""] = key.split(" ");
          const {flavour, unit} = kinds.get(measure)!;
          return {image: id, set, patient, arm, measure, band, flavour, value, unit};
        })
      );
    },
    /** HR and an arm's output of one image: paired by the image's id. */
    async pair(id: string, arm: string): Promise<Pair> {
      const {hr: file, outputs} = await detail(id);
      const [hr, output] = await Promise.all([loadPlane(imageUrl(file)), loadPlane(imageUrl(outputs[arm].file))]);
      return {hr, output, outputLabel: armOf(arm).label, description: `${id}, ${imageOf(id).modality}`};
    },
    /**
     * What the viewer compares of one image: `hr`, `lr`, arms. Everything is paired by the image's id. `spreads`: with the spread
     * over seeds, where it shows that.
     */
    async pictures(id: string, wanted: readonly string[], {spreads = true} = {}): Promise<Pictures> {
      const image = imageOf(id);
      const own = await detail(id);
      const load = (file: string) => loadPlane(imageUrl(file));
      const picture = async (what: string): Promise<Picture> => {
        if (what === "hr") return {id: what, label: "HR", plane: await load(own.hr)};
        if (what === "lr") {
          const plane = enlarge(await load(own.lr), image.width, image.height);
          return {id: what, label: "LR", plane};
        }
        const {file, spread} = own.outputs[what];
        const {label} = armOf(what);
        if (spread === undefined || !spreads) return {id: what, label, plane: await load(file)};
        const [plane, sd] = await Promise.all([load(file), load(spread.file)]);
        const data = Float32Array.from(sd.data, (level) => level * spread.scale);
        return {
          id: what,
          label,
          plane,
          spread: {plane: {...sd, data}, scale: spread.scale, seeds: spread.seeds.length}
        };
      };
      const [hr, ...pictures] = await Promise.all([load(own.hr), ...wanted.map(picture)]);
      return {hr, pictures, outline: outlineFor(own, image), description: `${id}, ${image.modality}`};
    },
    plane: (file: string): Promise<Plane> => loadPlane(imageUrl(file))
  };
}

export type SiteFiles = ReturnType<typeof siteFiles>;

/** What thumbnails can be sorted by, in the order of the list. */
const sortMeasures = [
  {measure: "psnr", label: "PSNR", digits: 2, unit: " dB"},
  {measure: "self_psnr", label: "self-referential PSNR", digits: 2, unit: " dB"},
  {measure: "ssim", label: "SSIM", digits: 4, unit: ""},
  {measure: "ms_ssim", label: "MS-SSIM", digits: 4, unit: ""},
  {measure: "mae", label: "MAE", digits: 4, unit: ""},
  {measure: "frc_half", label: "ring correlation ½ at", digits: 3, unit: " cycles/pixel"},
  {measure: "sfrc_lowest", label: "worst tile's ring correlation", digits: 3, unit: " cycles/pixel"},
  {measure: "measurement_consistency", label: "LR consistency (RMSE)", digits: 4, unit: ""},
  {measure: "invented_mse", label: "error of the invented part", digits: 5, unit: ""},
  {measure: "invented_energy_ratio", label: "energy of the invented part", digits: 2, unit: " × HR's"},
  {measure: "rate_absolute", label: "rate above the floor", digits: 4, unit: ""},
  {measure: "lesion_psnr", label: "PSNR in the lesion", digits: 2, unit: " dB"}
] as const;

const usualArms = /^(bicubic|(ae|sr):(natural-f8c4|medical-f4c3)(:x0:.*)?)$/;

function usual(list: readonly SiteArm[], all: readonly string[]): string[] {
  const found = list.filter(({id}) => usualArms.test(id)).map(({id}) => id);
  return found.length > 1 ? found : all.slice(0, 6);
}

function pairOf(list: readonly SiteArm[]): readonly [string, string] | null {
  const a = list.find(({id}) => id.includes(":natural-f8c4")) ?? list[0];
  const b = list.find(({id}) => id.includes(":medical-f4c3")) ?? list.at(-1);
  return a !== undefined && b !== undefined && a !== b ? [a.id, b.id] : null;
}

/** Each LR pixel as a block of HR pixels. */
function enlarge({data, width, height}: Plane, toWidth: number, toHeight: number): Plane {
  const out = new Float32Array(toWidth * toHeight);
  for (let y = 0, i = 0; y < toHeight; y++) {
    const row = Math.min(height - 1, Math.floor(((y + 0.5) * height) / toHeight)) * width;
    for (let x = 0; x < toWidth; x++, i++)
      out[i] = data[row + Math.min(width - 1, Math.floor(((x + 0.5) * width) / toWidth))];
  }
  return {data: out, width: toWidth, height: toHeight};
}
