import {element} from "./dom.js";
import {dateTime, fixed, shortHash, signed} from "./format.js";
import {sourced} from "./provenance.js";
import type {SiteDetail, SiteIndex} from "./site-data.js";

/** What the seeds of the chosen generators' outputs say of one image; an empty element where there is one seed only. */
export function spreadText(
  index: SiteIndex,
  {detail, chosen}: {detail: SiteDetail; chosen: readonly string[]}
): HTMLElement {
  const {outputs} = detail;
  const lines = index.arms.flatMap(({id, label, generator}) => {
    const {spread, date} = outputs[id];
    if (!chosen.includes(id) || spread === undefined || generator === undefined) return [];
    const facts = [
      ["arm", label],
      ["seeds", spread.seeds.join(", ")],
      ["n", "1 image"],
      ["artefact", shortHash(spread.artefact)],
      ["generator", shortHash(generator.sha256)],
      ["sampler", `${generator.sampler}, ${generator.steps} steps`],
      ["computed", dateTime(date)]
    ] as const;
    const number = (text: string) => sourced(text, facts);
    return [
      element(
        "li",
        {},
        `${label}: over ${spread.seeds.length} seeds a pixel's standard deviation is `,
        number(fixed(spread.meanSd, 4)),
        " on average; its rank correlation with the error is ",
        number(fixed(spread.calibration, 2)),
        spread.gain === null ? "." : "; averaging the outputs gains ",
        spread.gain !== null && number(`${signed(spread.gain, 2)} dB`),
        spread.gain !== null && ` (a perfect posterior sampler would gain ${fixed(spread.posteriorGain, 2)} dB).`
      )
    ];
  });
  return element("ul", {class: "spread-text", hidden: lines.length === 0}, ...lines);
}
