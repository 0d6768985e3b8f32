export {groupSeries, readSeries, type Series} from "./dicom/series.js";
export {orientationOf, toCanonical} from "./orientation.js";
export {readMedical, readVolume} from "./readVolume.js";
export {axisOf, type SliceAxis, slice, sliceCount} from "./slice.js";
export type {Affine, LookupTable, Volume, Window} from "./volume.js";
export {parseWindowing, toUnitRange, type Windowing} from "./windowing.js";
