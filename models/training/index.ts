export * from "./autoencoder.js";
export * from "./generator.js";
export type * from "./stepper.js";
export * from "./trainer.js";
