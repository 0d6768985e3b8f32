export * from "./autoencoder.js";
export * from "./generator.js";
export * from "./trainer.js";
