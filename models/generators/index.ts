export * from "./file.js";
export * from "./generator.js";
export * from "./latents.js";
export {NoiseSource} from "./noise.js";
export * from "./samplers.js";
export * from "./schedules.js";
export * from "./targets.js";
export {type TrainingPair, trainingPair} from "./trainingPair.js";
