import {readFileSync} from "node:fs";
import {join} from "node:path";
import {dist, walk} from "../../scripts/paths.js";
import type {SiteDetail, SiteIndex} from "../../src/components/site-data.js";

/** A number that the built site's tables have. */
export interface TableRow {
  readonly image: string;
  readonly arm: string;
  readonly measure: string;
  readonly value: number;
}

/** The index of the built site. */
export function siteIndex(): SiteIndex {
  const file = [...walk(join(dist, "_file/data"))].find((path) => /index\.\w+\.json$/.test(path))!;
  return JSON.parse(readFileSync(file, "utf8")) as SiteIndex;
}

/** All that the built site has of one image. */
export function detailOf(image: string, index: SiteIndex = siteIndex()): SiteDetail {
  const place = index.images.findIndex(({id}) => id === image);
  return JSON.parse(tableFile(`images/${place}.json`, index).toString()) as SiteDetail;
}

/** A file of the tables that pages load when they need them: see `SiteIndex.tables`. */
export function tableFile(path: string, index: SiteIndex = siteIndex()): Buffer {
  return readFileSync(join(dist, "_file/tables", index.tables, path));
}

/** The measures of one image, those of bands left out. */
export function measuresOf(image: string, index: SiteIndex = siteIndex()): TableRow[] {
  const {measures} = detailOf(image, index);
  return Object.entries(measures).flatMap(([arm, own]) =>
    Object.entries(own).flatMap(([measure, value]) => (measure.includes(" ") ? [] : [{image, arm, measure, value}]))
  );
}
