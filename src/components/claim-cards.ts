import {type Claim, type ClaimPart, countedWords, type OurNumber, verdictWords} from "../measures/studies/claims.js";
import {publishedDataset} from "../measures/studies/roles.js";
import {element, scrollRegion} from "./dom.js";
import {dateTime, fixed, shortHash, signed} from "./format.js";
import {type Facts, sourced} from "./provenance.js";
import {signedRange} from "./signed-range.js";
import type {Published} from "./site-data.js";
import type {StudyResults} from "./study-data.js";

type OpenStudy = {readonly results: StudyResults} | null;

const outcomes: Readonly<Record<Claim["outcome"], string>> = {
  agrees: "Ours agrees",
  sign: "Ours agrees in sign",
  partly: "Ours agrees in part",
  differs: "Ours differs",
  open: "Not decided here"
};

/** Claims whose published evidence compares images of different patients. */
const restOnMispaired: ReadonlySet<Claim["id"]> = new Set(["bands", "hallucination"]);

/** The study's claims, a card each: what it claims, what it shows for it, what ours shows, and the verdict. */
export function claimCards(list: readonly Claim[], published: Published, study: OpenStudy): HTMLElement {
  return element("div", {class: "claims"}, ...list.map((claim) => card(claim, published, study)));
}

function card(claim: Claim, published: Published, study: OpenStudy): HTMLElement {
  const {number, id, title, claim: text, outcome} = claim;
  const words = study === null ? "No study results here" : outcomes[outcome];
  const counted = study === null ? "what was published, without ours" : countedWords(claim);
  return element(
    "article",
    {class: "claim", id: `claim-${number}`, "data-outcome": study === null ? "open" : outcome},
    element("h3", {}, `${number}. ${title}`),
    element("p", {class: "said"}, text),
    restOnMispaired.has(id) &&
      element("p", {class: "mispaired"}, "The published evidence compares images of different patients (mispaired)."),
    element("p", {class: "verdict"}, element("strong", {}, `${words}:`), ` ${counted}.`),
    ...evidence(claim, published, study),
    element(
      "p",
      {class: "keys"},
      element("a", {href: `?claim=${number}#number-by-number`, "data-claim": number}, "All its published numbers")
    )
  );
}

/** Parts in view before a reader asks for more. */
const inView = 6;

function evidence(claim: Claim, published: Published, study: OpenStudy): HTMLElement[] {
  // without a study a part that nobody published says nothing
  const parts = claim.parts.filter((part) => study !== null || part.published !== null);
  if (parts.length === 0)
    return [element("p", {class: "keys"}, "The study gives no number for it that could be read.")];
  const first = partsTable(claim.title, parts.slice(0, inView), published, study);
  if (parts.length <= inView) return [first];
  const rest = parts.slice(inView);
  return [
    first,
    element(
      "details",
      {class: "more"},
      element("summary", {}, `${rest.length} more`),
      partsTable(`${claim.title}, continued`, rest, published, study)
    )
  ];
}

function partsTable(title: string, parts: readonly ClaimPart[], published: Published, study: OpenStudy): HTMLElement {
  const mispaired = parts.some((part) => part.mispaired !== null);
  return scrollRegion(
    `Numbers for: ${title}`,
    element(
      "table",
      {class: "paper"},
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          element("th", {scope: "col"}, "What"),
          element("th", {scope: "col", class: "number"}, "Study"),
          study !== null && element("th", {scope: "col", class: "number"}, "Ours"),
          mispaired && element("th", {scope: "col", class: "number"}, "Ours, mispaired"),
          study !== null && element("th", {scope: "col"}, "Verdict")
        )
      ),
      element(
        "tbody",
        {},
        ...parts.map((part) =>
          element(
            "tr",
            {"data-verdict": part.verdict},
            element("th", {scope: "row"}, part.label),
            element("td", {class: "number"}, publishedNumber(part, published, study)),
            study !== null && element("td", {class: "number"}, ...ourNumber(part, part.ours, study)),
            mispaired && element("td", {class: "number"}, ...ourNumber(part, part.mispaired, study)),
            study !== null &&
              element("td", {}, verdictWords[part.verdict], element("span", {class: "sub"}, part.because))
          )
        )
      )
    )
  );
}

/** "+2.91 dB"; a share or a correlation has no sign in front. */
function text({unit, digits}: ClaimPart, value: number): string {
  if (unit === "dB") return `${signed(value, digits)} dB`;
  return unit === "h" ? signed(value, digits) : plainNumber(value, digits);
}

/** Without a negative zero. */
function plainNumber(value: number, digits: number): string {
  return fixed(Number(value.toFixed(digits)) || 0, digits);
}

/** An interval is written as its number is. */
function rangeText({unit, digits}: ClaimPart, low: number, high: number): string {
  if (unit === "dB" || unit === "h") return signedRange(low, high, digits);
  return `${plainNumber(low, digits)} to ${plainNumber(high, digits)}`;
}

function publishedNumber(part: ClaimPart, published: Published, study: OpenStudy): Node | string {
  if (part.published === null) return "–";
  const source = part.source === null ? undefined : published.sources[part.source];
  if (source === undefined) return part.unit === "dB" ? `±${fixed(part.published, 2)} dB` : text(part, part.published);
  // without a study the sets are the published datasets themselves
  const anatomy = study?.results.sets.find(({id}) => id === part.set)?.anatomy;
  const dataset = published.datasets[(anatomy === undefined ? part.set : publishedDataset(anatomy)) ?? ""];
  return sourced(text(part, part.published), [
    ["published", `arXiv ${published.citation.arxiv}`],
    ["read in", source.where],
    ["precision", source.precision],
    ...(dataset === undefined ? [] : ([["data", dataset.label]] as const)),
    ...(source.mispaired ? ([["caution", "images of different patients were compared"]] as const) : [])
  ]);
}

function ourNumber(part: ClaimPart, own: OurNumber | null, study: OpenStudy): (Node | string)[] {
  if (own === null || study === null) return ["–"];
  const {results} = study;
  const label = results.sets.find(({id}) => id === part.set)?.label;
  const facts: Facts = [
    ["study", results.title],
    ...(label === undefined ? [] : ([["data", label]] as const)),
    ...(own.nImages === null
      ? []
      : ([["n", `${own.nImages} images${own.nPatients === null ? "" : ` of ${own.nPatients} patients`}`]] as const)),
    ["interval", own.low === null ? "none" : "95 %"],
    ["seeds", results.seeds.join(", ")],
    ["artefact", shortHash(results.study)],
    ["engine", results.engine],
    ["computed", dateTime(results.date)]
  ];
  const sub = (text: string) => element("span", {class: "sub"}, text);
  return [
    sourced(text(part, own.value), facts),
    ...(own.low === null || own.high === null ? [] : [sub(rangeText(part, own.low, own.high))]),
    ...(label === undefined ? [] : [sub(label)])
  ];
}
