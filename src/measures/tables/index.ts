export {
  type AnalysisReport,
  type Coverage,
  type InputFolder,
  type Provenance,
  parseAnalysis,
  type Unpaired,
  type WeightsFile
} from "./analysis.js";
export {csvLine, tidyCsv} from "./csv.js";
export {escapeLatex, latexP, summaryLatex} from "./latex.js";
export {bandOf, type Measure, measureOf, measures} from "./measures.js";
export {armAndSeed, type ImageRecord, type ScanSummary} from "./record.js";
export {type SeedSpreadRecord, type SeedSpreadSummary, seededArms, summariseSpread} from "./spread.js";
export {
  type ArmComparison,
  type ArmSummary,
  comparedMeasures,
  type MeasureSummary,
  type Summary,
  type SummaryOptions,
  summarise
} from "./summary.js";
export {pivotArms, type TidyColumns, type TidyRow, tidyColumnNames, tidyColumns, tidyRows} from "./tidy.js";
