import {element} from "./dom.js";
import type {fabricationMaps} from "./fabrication-maps.js";
import {fixed} from "./format.js";
import {outputFacts} from "./measures-table.js";
import {type Facts, sourced} from "./provenance.js";
import type {SiteDetail} from "./site-data.js";
import type {SiteFiles} from "./site-files.js";

/** Where the numbers of the maps come from. */
export function mapFacts(files: SiteFiles, detail: SiteDetail, arm: string, ae: string): Facts {
  return [
    ...outputFacts(files.index, detail, files.armOf(arm)),
    ["floor of", files.armOf(ae).label],
    ["from", "the 8-bit pictures, in this page"]
  ];
}

/** The maps' numbers in a line each. */
export function mapsTable({
  files,
  detail,
  arm,
  ae,
  made
}: {
  files: SiteFiles;
  detail: SiteDetail;
  arm: string;
  ae: string;
  made: ReturnType<typeof fabricationMaps>;
}): HTMLElement {
  const facts = mapFacts(files, detail, arm, ae);
  const number = (text: string) => sourced(text, facts);
  const percent = (share: number) => number(`${fixed(100 * share, 2)} %`);
  const {lesion} = files.imageOf(detail.id);
  const inLesion = detail.measures[arm].lesion_psnr as number | undefined;
  const consistency = detail.measures[arm].measurement_consistency as number | undefined;
  return element(
    "ul",
    {class: "map-numbers"},
    element(
      "li",
      {},
      "Beyond the floor of ",
      number(fixed(made.threshold, 4)),
      ": ",
      percent(made.brighter),
      " of the pixels too bright, ",
      percent(made.darker),
      " too dark."
    ),
    element(
      "li",
      {},
      "Invented part against HR's: root mean square ",
      number(fixed(made.inventedRms, 4)),
      consistency !== undefined && "; LR consistency (RMSE) ",
      consistency !== undefined && number(fixed(consistency, 4)),
      "."
    ),
    element(
      "li",
      {},
      "Worst tile: ring correlation falls under ½ at ",
      number(made.worstTile === null ? "–" : `${fixed(made.worstTile, 3)} cycles/pixel`),
      "."
    ),
    lesion !== undefined &&
      element(
        "li",
        {},
        `The image has a lesion (outlined) of ${lesion.pixels} pixels, contrast ${fixed(lesion.contrast, 2)}; PSNR inside it `,
        number(inLesion === undefined ? "–" : `${fixed(inLesion, 2)} dB`),
        "."
      )
  );
}
