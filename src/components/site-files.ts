import {csvParse} from "d3";
import {fileUrl} from "./file-url.js";
import {fixed} from "./format.js";
import {loadPlane} from "./load-plane.js";
import type {Order} from "./picker.js";
import type {MeasureRow, SiteImage, SiteIndex, SiteSet} from "./site-data.js";
import type {Pair} from "./viewer.js";

/** The site's index and table of measures, with what pages ask of them. */
export function siteFiles(index: SiteIndex, measures: string) {
  const rows = csvParse(measures, (row) => ({...row, value: Number(row.value)})) as unknown as MeasureRow[];
  const arms = index.arms.map(({id}) => id);
  const imageUrl = (file: string) => fileUrl(`images/${file}`);
  const imageOf = (id: string): SiteImage => {
    const image = index.images.find((one) => one.id === id);
    if (image === undefined) throw new RangeError(`there is no image ${id}`);
    return image;
  };
  const lookup = new Map(rows.map((row) => [`${row.image} ${row.arm} ${row.measure} ${row.band}`, row.value]));
  const value = (image: string, arm: string, measure: string, band = "") =>
    lookup.get(`${image} ${arm} ${measure} ${band}`);
  const orders = index.arms.flatMap((arm): Order[] =>
    (["psnr", "ssim"] as const).map((measure) => ({
      value: `${measure}-${arm.id}`,
      label: `${measure.toUpperCase()} of ${arm.label}`,
      key: (image: SiteImage) => value(image.id, arm.id, measure) ?? Infinity,
      text: (image: SiteImage) => {
        const number = value(image.id, arm.id, measure);
        return `${measure.toUpperCase()} of ${arm.label} ${measure === "psnr" ? `${fixed(number, 2)} dB` : fixed(number, 4)}`;
      }
    }))
  );
  return {
    index,
    rows,
    arms,
    imageUrl,
    imageOf,
    value,
    orders,
    armOptions: index.arms.map(({id, label}) => ({value: id, label})),
    /** An autoencoder rather than the baseline, where there is one. */
    defaultArm: index.arms.find(({kind}) => kind === "autoencoder")?.id ?? arms[0],
    setOf(image: string): SiteSet {
      const {set} = imageOf(image);
      return index.sets.find((one) => one.id === set)!;
    },
    rowsOfSet: (set: string) => rows.filter((row) => row.set === set),
    /** HR and an arm's output of one image: paired by the image's id. */
    async pair(id: string, arm: string): Promise<Pair> {
      const image = imageOf(id);
      const [hr, output] = await Promise.all([
        loadPlane(imageUrl(image.hr)),
        loadPlane(imageUrl(image.outputs[arm].file))
      ]);
      const {label} = index.arms.find((one) => one.id === arm)!;
      return {hr, output, outputLabel: label, description: `${id}, ${image.modality}`};
    }
  };
}
