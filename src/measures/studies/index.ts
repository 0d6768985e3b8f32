export {
  type AblationFactor,
  type AblationOptions,
  type AblationPoint,
  ablations,
  claimedStable,
  evidence,
  failureOf,
  stableWithin
} from "./ablation.js";
export {type BandBudgetRow, type BandGainRow, bandBudget, bandGains} from "./bands.js";
export {
  type CeilingFit,
  type CeilingOptions,
  type CeilingPoint,
  ceilingFit,
  ceilingPoints,
  publishedCeilingPoints
} from "./ceiling.js";
export {
  type Claim,
  type ClaimOptions,
  type ClaimPart,
  claims,
  comparableWithin,
  countedWords,
  type OurNumber,
  type Outcome,
  type Verdict,
  verdictWords
} from "./claims.js";
export {failedArm, failedBelow, failedWords} from "./failed.js";
export {
  compareStudyArms,
  type Gap,
  gap,
  gapDifference,
  type PairSelection,
  type RateDifference,
  rateDifference,
  rateMeasures,
  type StudyDifference,
  withHolm
} from "./gaps.js";
export {
  type LadderOptions,
  type LadderRow,
  type LadderStep,
  ladder,
  ladderPaths,
  ladderSteps
} from "./ladder.js";
export {armMean, type StudyMean} from "./means.js";
export {anatomyName, configurationName, samplerName, targetName} from "./names.js";
export {onSet, referenceOn} from "./on-set.js";
export {type PublishedDifference, type PublishedValue, publishedCeilingGain, publishedValue} from "./published.js";
export {hallucinationMeasures, type MeanRow, mainArms, type StudyReport, studyReport} from "./report.js";
export {meanInterval, type Resampling, studyResampling} from "./resampling.js";
export {
  aeArm,
  autoencoderRoles,
  type Configuration,
  configurations,
  publishedAutoencoders,
  publishedDataset,
  type Role,
  referenceConfiguration,
  type StudyArmLayout,
  type StudyLayout,
  srArm
} from "./roles.js";
export {type ImageValue, imageValues, type Pairing, type ResultRow, rowsOf, type Selection} from "./rows.js";
