import {type BandName, bandNames} from "../bands.js";
import {cohensH} from "../statistics/cohens-h.js";
import {type AblationPoint, ablations, claimedStable, failureOf, stableWithin} from "./ablation.js";
import {bandGains} from "./bands.js";
import {type CeilingPoint, ceilingFit, ceilingPoints, publishedCeilingPoints} from "./ceiling.js";
import {type Gap, gap, gapOfUnits, type RateDifference, rateDifference} from "./gaps.js";
import {ladder} from "./ladder.js";
import type {Resampling} from "./means.js";
import {anatomyName} from "./names.js";
import {referenceOn} from "./on-set.js";
import {type PublishedValue, publishedValue} from "./published.js";
import {autoencoderRoles, type Configuration, publishedDataset, type StudyLayout, srArm} from "./roles.js";
import type {Pairing, ResultRow} from "./rows.js";

/**
 * How our number stands beside the published one. `same`: theirs lies in our interval. `compatible`: likewise, but the interval is
 * so wide that much else would too. `direction`: another size, the same sign, our interval without 0. `unresolved`: our interval
 * holds 0 and not theirs, or a model failed. `opposite`: the other sign. `holds`, `fails`: of a statement that is true or not.
 * `missing`: the study cannot say.
 */
export type Verdict = "same" | "compatible" | "direction" | "unresolved" | "opposite" | "holds" | "fails" | "missing";

/** What each verdict is called. Only what "agrees" or "holds" is agreement. */
export const verdictWords: Readonly<Record<Verdict, string>> = {
  same: "agrees: theirs lies in our interval",
  compatible: "compatible",
  direction: "same sign, another size",
  unresolved: "cannot tell",
  opposite: "opposite sign",
  holds: "holds",
  fails: "does not hold",
  missing: "not measured"
};

/** A number of ours. */
export interface OurNumber {
  readonly value: number;
  /** 95 % interval; null where there is none. */
  readonly low: number | null;
  readonly high: number | null;
  readonly nImages: number | null;
  readonly nPatients: number | null;
}

/** One published number, or one statement that a number decides, beside ours. */
export interface ClaimPart {
  /** Names the anatomy, not the set: their number and ours are of different images. */
  readonly label: string;
  /** The study's set of which our number is; null where all are pooled. */
  readonly set: string | null;
  readonly unit: string;
  /** Decimals that are worth showing. */
  readonly digits: number;
  /** Computed from data/published.json; null where that has none. */
  readonly published: number | null;
  /** Where it stands; null where `published` is. */
  readonly source: string | null;
  readonly ours: OurNumber | null;
  /** The same number with the published study's mispairing; null where the study has no such runs. */
  readonly mispaired: OurNumber | null;
  readonly verdict: Verdict;
  /** What decides, in words; why it is missing. */
  readonly because: string;
}

export interface Claim {
  /** Its number in the list of claims, 1 to 6. */
  readonly number: number;
  readonly id: "gain" | "bands" | "stability" | "hallucination" | "ceiling" | "geometry";
  readonly title: string;
  readonly claim: string;
  readonly parts: readonly ClaimPart[];
  /** How many parts have each verdict. */
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly outcome: Outcome;
}

/**
 * Of the parts that could be decided (`same`, `holds`; `direction`; `opposite`, `fails`): `agrees`: all are same or hold; `sign`:
 * more than half have the same sign only; `partly`: some are same or hold; `differs`: none is; `open`: nothing could be decided.
 */
export type Outcome = "agrees" | "sign" | "partly" | "differs" | "open";

export interface ClaimOptions extends Resampling {
  readonly configuration?: Configuration;
}

/** Each published claim with its numbers beside the study's own. `published`: `values` of data/published.json. */
export function claims(
  study: StudyLayout,
  rows: readonly ResultRow[],
  published: readonly PublishedValue[],
  options: ClaimOptions = {}
): Claim[] {
  const context = contextOf(study, rows, published, options);
  return [
    gainClaim(context),
    bandsClaim(context),
    stabilityClaim(context),
    hallucinationClaim(context),
    ceilingClaim(context),
    geometryClaim(context)
  ];
}

interface Context {
  readonly study: StudyLayout;
  readonly rows: readonly ResultRow[];
  readonly published: readonly PublishedValue[];
  readonly configuration: Configuration | undefined;
  readonly resampling: Resampling;
  /** SR arms that play SD-VAE's and MedVAE 4×3's parts on a set. */
  arms(set: string): {readonly a: string; readonly b: string} | null;
  /** Why there are none. */
  readonly lacking: string;
}

function contextOf(
  study: StudyLayout,
  rows: readonly ResultRow[],
  published: readonly PublishedValue[],
  {configuration, ...resampling}: ClaimOptions
): Context {
  const {sdvae, "medvae-4-3": medvae} = autoencoderRoles(study);
  return {
    study,
    rows,
    published,
    configuration,
    resampling,
    arms(set) {
      const reference = configuration ?? referenceOn(study, rows, set);
      const [a, b] = [sdvae, medvae].map((id) =>
        id === undefined || reference === null ? undefined : srArm(study, id, reference)?.id
      );
      return a === undefined || b === undefined ? null : {a, b};
    },
    lacking: "the study has no super-resolution with both a natural f8c4 and a medical f4c3 autoencoder"
  };
}

/** The sets that have a published counterpart. */
function counterparts({study}: Context) {
  return study.sets.flatMap((set) => {
    const dataset = publishedDataset(set.anatomy);
    return dataset === null ? [] : [{...set, name: anatomyName(set), dataset}];
  });
}

function gainClaim(context: Context): Claim {
  const parts = (
    [
      ["self-referential", "self_psnr", "against decode(encode(HR))"],
      ["true-HR", "psnr", "against HR"]
    ] as const
  ).flatMap(([convention, measure, words]) =>
    counterparts(context).map(({id: set, name, dataset}) => {
      const theirs = publishedValue(context.published, {measure: "psnr_gap", dataset, convention});
      const arms = context.arms(set);
      const own = (pairing: Pairing) =>
        arms === null ? null : gap(context.rows, {set, ...arms, measure, pairing}, context.resampling);
      const part = {label: `${name}, ${words}`, set, unit: "dB", digits: 2};
      return compared(part, theirs ?? null, own("correct"), own("published-bug"), context.lacking);
    })
  );
  return claim(
    1,
    "gain",
    "The medical autoencoder gains PSNR",
    "Swapping SD-VAE for MedVAE gains 2 to 4 dB of PSNR, whether SR is compared with HR or with decode(encode(HR)).",
    parts
  );
}

function bandsClaim(context: Context): Claim {
  const fine = bandNames(3).filter((band) => band.endsWith("1"));
  const coarse = bandNames(3).filter((band) => !band.endsWith("1"));
  const parts: ClaimPart[] = [];
  for (const {id: set, name, dataset} of counterparts(context)) {
    const theirs = Object.fromEntries(
      bandNames(3).flatMap((band) => {
        const of = (arm: string) =>
          publishedValue(context.published, {measure: "band_psnr", dataset, arm, band})?.value;
        const [a, b] = [of("sr:sdvae"), of("sr:medvae-4-3")];
        return a === undefined || b === undefined ? [] : [[band, b - a]];
      })
    ) as Record<BandName, number>;
    const arms = context.arms(set);
    const has = bandNames(3).every((band) => band in theirs);
    // of each band only the mean and the units are looked at; the contrast of them has the interval
    const gains = (pairing: Pairing) =>
      arms === null ? [] : bandGains(context.rows, {set, ...arms, pairing}, {resamples: 1});
    const [own, bug] = [gains("correct"), gains("published-bug")];
    const contrast = (list: typeof own): Gap | null =>
      list.length === 0 ? null : contrastOf(list, fine, context.resampling);
    parts.push(
      compared(
        {label: `${name}: band PSNR gain of the finest level, beyond that of the others`, set, unit: "dB", digits: 2},
        has ? {value: average(fine, theirs) - average(coarse, theirs), source: "fig3"} : null,
        contrast(own),
        contrast(bug),
        arms === null ? context.lacking : "the study has no band measures"
      )
    );
    const share = (list: typeof own): OurNumber | null => {
      const total = list.reduce((sum, {sse}) => sum + sse.mean, 0);
      // a share of nothing, or of a loss, says nothing
      if (list.length === 0 || total >= 0) return null;
      const value = list.filter(({band}) => fine.includes(band)).reduce((sum, {sse}) => sum + sse.mean, 0) / total;
      return {value, low: null, high: null, nImages: list[0].sse.nImages, nPatients: list[0].sse.nPatients};
    };
    const value = share(own);
    parts.push({
      label: `${name}: share of the error reduction found in the finest level`,
      set,
      unit: "1",
      digits: 2,
      published: null,
      source: null,
      ours: value,
      mispaired: share(bug),
      verdict: value === null ? "missing" : value.value > 0.5 ? "holds" : "fails",
      because:
        value !== null
          ? "holds where the finest level has more than half of the reduction of the SSE; bands add up, so shares are exact"
          : own.length > 0
            ? "the medical autoencoder's error is not smaller"
            : arms === null
              ? context.lacking
              : "the study has no band measures"
    });
  }
  return claim(
    2,
    "bands",
    "The advantage lies in the finest bands",
    "Wavelet analysis places MedVAE's advantage in the finest bands. The published figures compare mispaired images.",
    parts
  );
}

/** Mean gain of the finest bands minus that of the others, patient by patient. */
function contrastOf(list: ReturnType<typeof bandGains>, fine: readonly BandName[], resampling: Resampling): Gap | null {
  const units = new Map<string, number>();
  for (const unit of list[0].psnr.units.keys()) {
    const of = (inside: boolean) => {
      const own = list.filter(({band}) => fine.includes(band) === inside).map(({psnr}) => psnr.units.get(unit));
      return own.some((value) => value === undefined)
        ? null
        : (own as number[]).reduce((a, b) => a + b, 0) / own.length;
    };
    const [a, b] = [of(true), of(false)];
    if (a !== null && b !== null) units.set(unit, a - b);
  }
  if (units.size === 0) return null;
  const {nImages, nPatients, leftOut} = list[0].psnr;
  return {...gapOfUnits(units, resampling), nImages, nPatients, leftOut};
}

function stabilityClaim(context: Context): Claim {
  const points = ablations(context.study, context.rows, {
    configuration: context.configuration,
    measure: "psnr",
    ...context.resampling
  });
  const parts = context.study.sets.flatMap((one) =>
    claimedStable.flatMap((factor): ClaimPart[] => {
      const own = points.filter((point) => point.set === one.id && point.factor === factor && point.change !== null);
      const [failed, sound] = [true, false].map((is) => own.filter((point) => point.failed.length > 0 === is));
      const part = (point: AblationPoint, what: string, verdict: Verdict, because: string): ClaimPart => ({
        label: `${anatomyName(one)}: ${what} of the gap with the ${factor} (${point.value})`,
        set: one.id,
        unit: "dB",
        digits: 2,
        published: stableWithin,
        source: null,
        ours: {
          value: point.change!.mean,
          low: point.change!.low,
          high: point.change!.high,
          nImages: point.gap.nImages,
          nPatients: point.gap.nPatients
        },
        mispaired: null,
        verdict,
        because
      });
      return [
        ...sound
          .sort((x, y) => Math.abs(y.change!.mean) - Math.abs(x.change!.mean))
          .slice(0, 1)
          .map((worst) => part(worst, "largest change", worst.within ? "holds" : "fails", stabilityWords(worst))),
        ...failed.map((point) => part(point, "change", "unresolved", failureOf(point)!))
      ];
    })
  );
  return claim(
    3,
    "stability",
    "The gap is stable",
    "The gap stays within ±0.15 dB over inference schedules, prediction targets and generators.",
    parts.length > 0 ? parts : [missing("the gap's changes", context, "the study has no ablation of both autoencoders")]
  );
}

function stabilityWords({within, equivalent}: AblationPoint): string {
  if (!within) return "the mean change lies outside the band";
  return equivalent
    ? "equivalent within the band (TOST)"
    : "the mean change lies inside the band, but equivalence is not shown (TOST)";
}

function hallucinationClaim(context: Context): Claim {
  const names = {hallu_rate: "hallucination_rate", loss_rate: "loss_rate"} as const;
  const parts = counterparts(context).flatMap(({id: set, name, dataset}) =>
    (["hallu_rate", "loss_rate"] as const).map((measure): ClaimPart => {
      const of = (arm: string) => publishedValue(context.published, {measure: names[measure], dataset, arm});
      const [a, b] = [of("sr:sdvae"), of("sr:medvae-4-3")];
      const arms = context.arms(set);
      const own = (pairing: Pairing) =>
        arms === null
          ? null
          : rateDifference(
              context.rows,
              {set, ...arms, measure, pairing},
              {marginH: comparableWithin, ...context.resampling}
            );
      const [paired, bug] = [own("correct"), own("published-bug")];
      const number = (comparison: RateDifference | null): OurNumber | null =>
        comparison === null || comparison.cohensH === null
          ? null
          : {
              value: comparison.cohensH,
              low: comparison.cohensHInterval?.[0] ?? null,
              high: comparison.cohensHInterval?.[1] ?? null,
              nImages: comparison.nImages,
              nPatients: comparison.nPatients
            };
      const h = number(paired);
      return {
        label: `${name}: Cohen's h of the ${measure === "hallu_rate" ? "“hallucination”" : "“loss”"} rate`,
        set,
        unit: "h",
        digits: 3,
        published: a === undefined || b === undefined ? null : cohensH(b.value, a.value),
        source: b?.source ?? null,
        ours: h,
        mispaired: number(bug),
        verdict: h === null ? "missing" : Math.abs(h.value) < comparableWithin ? "holds" : "fails",
        because:
          h === null
            ? arms === null
              ? context.lacking
              : "the study has no threshold rates"
            : paired!.tostH?.equivalent
              ? `|h| < ${comparableWithin}, and equivalent by TOST at that margin`
              : Math.abs(h.value) < comparableWithin
                ? `|h| < ${comparableWithin}, but equivalence is not shown (TOST)`
                : `|h| ≥ ${comparableWithin}`
      };
    })
  );
  return claim(
    4,
    "hallucination",
    "Hallucination rates are comparable",
    "Hallucination and loss rates differ by Cohen's h below 0.02. The published rates compare mispaired images.",
    parts
  );
}

/** The published study calls rates comparable below this Cohen's h. */
export const comparableWithin = 0.02;

function ceilingClaim(context: Context): Claim {
  const {study, rows, configuration} = context;
  const options = {configuration};
  const theirs = publishedCeilingPoints(context.published);
  const {sdvae, "medvae-4-3": medvae} = autoencoderRoles(study);
  const two = [sdvae, medvae].filter((id) => id !== undefined);
  const sets = counterparts(context).map(({id}) => id);
  const selected =
    two.length === 2 ? ceilingPoints(study, rows, {...options, measure: "self_psnr", autoencoders: two, sets}) : [];
  const all = ceilingPoints(study, rows, options);
  const parts: ClaimPart[] = [
    correlationPart("R² over the published study's six points, self-referential", theirs, selected),
    correlationPart(`R² pooled over ${all.length} points, against HR`, theirs, all)
  ];
  const own = ceilingFit(all);
  for (const {set, correlation} of own.within) {
    const name = nameOf(study, set);
    parts.push(statement(`${name}: r within the set`, set, correlation, correlation.interval));
  }
  for (const left of own.leaveOneOut) {
    const name = nameOf(study, left.group);
    const value = left.q2 === null ? null : {...plain, value: left.q2};
    parts.push({
      label: `${name}: Q² when the line comes from the other sets`,
      set: left.group,
      unit: "1",
      digits: 2,
      published: null,
      source: null,
      ours: value,
      mispaired: null,
      verdict: value === null ? "missing" : value.value > 0 ? "holds" : "fails",
      because:
        left.q2 === null
          ? (left.reason ?? "there is nothing to predict")
          : "below 0 the line predicts a set that it has not seen worse than the other sets' mean does"
    });
  }
  return claim(
    5,
    "ceiling",
    "The autoencoder's ceiling predicts SR",
    "PSNR of the autoencoder alone explains two thirds of the variance of SR's PSNR (R² on six points, printed as 0.67).",
    parts
  );
}

function nameOf({sets}: StudyLayout, set: string): string {
  return anatomyName(sets.find(({id}) => id === set)!);
}

/** An interval of R² wider than this would hold most of what could be said. */
const wide = 0.5;

const plain = {low: null, high: null, nImages: null, nPatients: null};

/** R² with Fisher's interval of r, squared where it does not hold 0. */
function correlationPart(label: string, theirs: readonly CeilingPoint[], ours: readonly CeilingPoint[]): ClaimPart {
  const published = theirs.length < 3 ? null : ceilingFit(theirs).pooled.correlation.r2;
  const part = {
    label,
    set: null,
    unit: "1",
    digits: 3,
    published,
    source: published === null ? null : "fig_ae_ceiling_correlation",
    mispaired: null
  };
  const own = ours.length < 3 ? null : ceilingFit(ours).pooled.correlation;
  if (own === null || own.r2 === null) {
    return {...part, ours: null, verdict: "missing", because: "the study has fewer than three points"};
  }
  const interval = own.interval;
  const bounds =
    interval === null
      ? {low: null, high: null}
      : {
          low: interval[0] <= 0 && interval[1] >= 0 ? 0 : Math.min(interval[0] ** 2, interval[1] ** 2),
          high: Math.max(interval[0] ** 2, interval[1] ** 2)
        };
  const value = {...plain, value: own.r2, ...bounds};
  const inside =
    published !== null && bounds.low !== null && published >= bounds.low && published <= (bounds.high as number);
  const spans = inside && bounds.high! - bounds.low! > wide;
  const positive = own.r! > 0 && interval !== null && interval[0] > 0;
  return {
    ...part,
    ours: value,
    verdict: own.r! <= 0 ? "opposite" : spans ? "compatible" : inside ? "same" : positive ? "direction" : "unresolved",
    because:
      own.r! <= 0
        ? "r is not positive"
        : inside
          ? `theirs lies in our interval (Fisher)${spans ? `, which spans ${bounds.low!.toFixed(2)} to ${bounds.high!.toFixed(2)}` : ""}`
          : positive
            ? "r is positive; theirs lies outside our interval (Fisher)"
            : "the interval of r holds 0, or there are too few points for one"
  };
}

function statement(
  label: string,
  set: string,
  {r, reason}: {r: number | null; reason: string | null},
  interval: readonly [number, number] | null
): ClaimPart {
  const part = {label, set, unit: "1", digits: 2, published: null, source: null, mispaired: null};
  if (r === null) return {...part, ours: null, verdict: "missing", because: reason ?? "r is not defined"};
  const ours = {...plain, value: r, low: interval?.[0] ?? null, high: interval?.[1] ?? null};
  const verdict =
    interval === null ? "unresolved" : interval[0] > 0 ? "holds" : interval[1] < 0 ? "fails" : "unresolved";
  return {
    ...part,
    ours,
    verdict,
    because: interval === null ? "too few points for an interval" : "holds where the interval of r lies above 0"
  };
}

function geometryClaim(context: Context): Claim {
  const steps = ladder(context.study, context.rows, {
    configuration: context.configuration,
    published: context.published,
    ...context.resampling
  });
  const numbers = steps
    .filter(({published}) => published !== null)
    .filter(({step}) => step.kind !== "total") // the first claim's
    .map(({step, set, stage, gain, published}) => {
      const part = {
        label: `${nameOf(context.study, set)}, ${stage === "ae" ? "autoencoders alone" : "SR"}: ${step.label}`,
        set,
        unit: "dB",
        digits: 2
      };
      return compared(part, published, gain, null, "the study lacks one of the two autoencoders or its arm");
    });
  const shares = counterparts(context).map(({id: set, name, dataset}): ClaimPart => {
    const of = (id: string) => steps.find((row) => row.step.id === id && row.set === set && row.stage === "sr");
    const [geometry, domain] = [of("geometry"), of("domain-f4")];
    const theirs = [geometry?.published?.value, domain?.published?.value];
    const has = geometry?.gain != null && domain?.gain != null;
    const larger = has && Math.abs(geometry!.gain!.mean) > Math.abs(domain!.gain!.mean);
    return {
      label: `${name}, SR: geometry's part less domain's`,
      set,
      unit: "dB",
      digits: 2,
      published: theirs.some((value) => value === undefined) ? null : theirs[0]! - theirs[1]!,
      source: geometry?.published?.source ?? null,
      ours: has
        ? {
            value: geometry!.gain!.mean - domain!.gain!.mean,
            low: null,
            high: null,
            nImages: geometry!.gain!.nImages,
            nPatients: geometry!.gain!.nPatients
          }
        : null,
      mispaired: null,
      verdict: !has ? "missing" : larger && geometry!.gain!.mean > 0 ? "holds" : "fails",
      because: has
        ? "holds where geometry gains, and more than domain changes"
        : `the study lacks an arm that stands for ${dataset}'s`
    };
  });
  return claim(
    6,
    "geometry",
    "Geometry, not domain",
    "Revised: the advantage is mostly geometry; domain at equal geometry is worth about 1 dB to the autoencoder and nothing to SR.",
    [...shares, ...numbers]
  );
}

/** Our gap beside their number. */
function compared(
  part: Pick<ClaimPart, "label" | "set" | "unit" | "digits">,
  theirs: {readonly value: number; readonly source: string} | null,
  own: Gap | null,
  bug: Gap | null,
  lacking: string
): ClaimPart {
  const common = {
    ...part,
    published: theirs?.value ?? null,
    source: theirs?.source ?? null,
    mispaired: bug === null ? null : numberOf(bug)
  };
  if (own === null) return {...common, ours: null, verdict: "missing", because: lacking};
  if (theirs === null) {
    return {...common, ours: numberOf(own), verdict: "missing", because: "the study published no such number"};
  }
  return {...common, ours: numberOf(own), ...judge(own, theirs.value)};
}

function judge({mean, low, high}: Gap, theirs: number): {verdict: Verdict; because: string} {
  if (low === null || high === null) {
    return {verdict: "unresolved", because: "one unit only: there is no interval"};
  }
  if (theirs >= low && theirs <= high) return {verdict: "same", because: "theirs lies in our 95 % interval"};
  if (Math.abs(theirs) <= stableWithin) {
    // so small a number's sign says nothing: the claim is that there is no effect
    return Math.abs(mean) <= stableWithin
      ? {verdict: "holds", because: `both lie within ±${stableWithin} dB of 0`}
      : {verdict: "fails", because: `theirs lies within ±${stableWithin} dB of 0, ours does not`};
  }
  if (low <= 0 && high >= 0) return {verdict: "unresolved", because: "our 95 % interval holds 0, and not theirs"};
  if (Math.sign(mean) === Math.sign(theirs)) {
    return {
      verdict: "direction",
      because: `the same sign; ours is ${Math.abs(mean) < Math.abs(theirs) ? "smaller" : "larger"}`
    };
  }
  return {verdict: "opposite", because: "the other sign"};
}

function numberOf({mean: value, low, high, nImages, nPatients}: Gap): OurNumber {
  return {value, low, high, nImages, nPatients};
}

function missing(label: string, {study, arms, lacking}: Context, otherwise: string): ClaimPart {
  return {
    label,
    set: null,
    unit: "1",
    digits: 2,
    published: null,
    source: null,
    ours: null,
    mispaired: null,
    verdict: "missing",
    because: study.sets.every(({id}) => arms(id) === null) ? lacking : otherwise
  };
}

function average(bands: readonly BandName[], values: Readonly<Record<BandName, number>>): number {
  return bands.reduce((sum, band) => sum + values[band], 0) / bands.length;
}

function claim(number: number, id: Claim["id"], title: string, text: string, parts: readonly ClaimPart[]): Claim {
  const counts = Object.fromEntries(
    (Object.keys(verdictWords) as Verdict[]).map((one) => [one, parts.filter(({verdict}) => verdict === one).length])
  ) as Record<Verdict, number>;
  return {number, id, title, claim: text, parts, counts, outcome: outcomeOf(counts)};
}

function outcomeOf({same, holds, direction, opposite, fails}: Claim["counts"]): Outcome {
  const agreeing = same + holds;
  const decided = agreeing + direction + opposite + fails;
  if (decided === 0) return "open";
  if (agreeing === decided) return "agrees";
  if (direction > decided / 2) return "sign";
  return agreeing > 0 ? "partly" : "differs";
}

/** `0 in our interval, 4 in sign only, 2 opposite; holds in 2 of 3; 1 cannot tell`: how a claim's parts turned out. */
export function countedWords({counts}: Pick<Claim, "counts">): string {
  const {same, direction, opposite, holds, fails, compatible, unresolved, missing: absent} = counts;
  const some = (n: number, words: string) => (n === 0 ? [] : [`${n} ${words}`]);
  return [
    ...(same + direction + opposite === 0
      ? []
      : [`${same} in our interval, ${direction} in sign only, ${opposite} opposite`]),
    ...(holds + fails === 0 ? [] : [`holds in ${holds} of ${holds + fails}`]),
    ...some(compatible, "compatible only (a wide interval)"),
    ...some(unresolved, "cannot tell"),
    ...some(absent, "not measured")
  ].join("; ");
}
