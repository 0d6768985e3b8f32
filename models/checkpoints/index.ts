// Browser-safe. Node's reader of files stands apart: import `openCheckpoint` from "./open.js".
export type {Checkpoint, TensorInfo} from "./checkpoint.js";
export {encodeSafetensors, type StoredDType, type TensorToWrite} from "./encode-safetensors.js";
export {findKnownWeights, type KnownFile, type KnownWeights, knownWeights} from "./known.js";
export {mergeCheckpoints, renameTensors} from "./merge.js";
export {parseCheckpoint} from "./parse.js";
export {parseSafetensors} from "./safetensors.js";
export {TensorReader} from "./tensor-reader.js";
