import type {ResultRow} from "../measures/studies/rows.js";
import {element} from "./dom.js";
import {dateTime, shortHash} from "./format.js";
import {dropdown} from "./segmented.js";
import {noStudy} from "./study-controls.js";
import type {SiteStudy, StudyResults, StudyTable} from "./study-data.js";
import {studyCaveats} from "./study-facts.js";
import {fetchStudyRows, studyOf} from "./study-tables.js";
import {clearUrl, fromUrl, toUrl} from "./url-state.js";

/** One study and its numbers. */
export interface OpenStudy {
  readonly results: SiteStudy;
  /** A table's rows, fetched when first asked for. */
  readonly rows: (table: StudyTable) => Promise<readonly ResultRow[]>;
}

/**
 * What a page shows of the site's studies: a choice where there are several, the page's own part, and what must be known of the
 * study. Without a study, `without` (if any) and how to get one.
 */
export async function studyPage(
  studies: readonly SiteStudy[],
  draw: (study: OpenStudy) => Promise<Element> | Element,
  without?: Element
): Promise<HTMLElement> {
  const first = studyOf(studies, fromUrl("study", ""));
  if (first === undefined) return element("div", {class: "study-page"}, noStudy(), without);
  const holder = element("div", {});
  const mount = async (results: SiteStudy) => {
    const study = {
      results,
      rows: (table: StudyTable) => fetchStudyRows(results, table) as Promise<readonly ResultRow[]>
    };
    holder.replaceChildren(await draw(study), aboutStudy(results));
  };
  const choice =
    studies.length > 1 &&
    dropdown(
      studies.map(({id, title}) => ({value: id, label: title})),
      {label: "Study", value: first.id}
    );
  if (choice) {
    choice.addEventListener("input", () => {
      const {value} = choice;
      // arms and datasets of another study have other names: nothing else of the address remains true
      clearUrl(["convention"]);
      toUrl({study: value === studies[0].id ? null : value});
      void mount(studyOf(studies, value)!);
    });
  }
  await mount(first);
  return element("div", {class: "study-page"}, choice && element("div", {class: "controls"}, choice), holder);
}

/** Which study this is, whose images, and what was left out. */
function aboutStudy(results: StudyResults): HTMLElement {
  const {title, id, study, images, sets, arms, seeds, engine, date, autoencoders, generators} = results;
  const weights = [
    ...autoencoders.map(({label, sha256}) => `${label}: ${shortHash(sha256)}…`),
    ...generators.map(({id, autoencoder, sha256}) => `${id} in ${autoencoder}: ${shortHash(sha256)}…`)
  ];
  return element(
    "section",
    {class: "about-study", "aria-label": "About the study"},
    element("h2", {}, "About the study"),
    element(
      "p",
      {},
      `${title}: ${images.length} images of ${sets.length} datasets, ${arms.length} arms, ${seeds.length} ${seeds.length === 1 ? "seed" : "seeds"} of the noise. Study ${id}, SHA-256 ${shortHash(study)}…; computed by ${engine}, results of ${dateTime(date)}.`
    ),
    element("ul", {}, ...studyCaveats(results).map((note) => element("li", {}, note))),
    weights.length > 0 &&
      element(
        "details",
        {class: "behind"},
        element("summary", {}, `SHA-256 of its ${weights.length} weights`),
        element("ul", {}, ...weights.map((one) => element("li", {}, one)))
      )
  );
}
