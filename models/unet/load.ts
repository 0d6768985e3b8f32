import {weightFiles} from "../autoencoders/weightFiles.js";
import type {Checkpoint} from "../checkpoints/checkpoint.js";
import {mergeCheckpoints} from "../checkpoints/merge.js";
import {openCheckpoint} from "../checkpoints/open.js";
import {buildUNet, type UNet} from "./unet.js";

/** Loads a U-Net (Node only) from a file (diffusers, or the study's Lightning checkpoint) or a diffusers folder. @throws InputError */
export function loadUNet(path: string): UNet {
  const checkpoint = openUNet(path);
  try {
    return buildUNet(checkpoint);
  } finally {
    checkpoint.close();
  }
}

/** The checkpoint of a file or folder, with its config.json as metadata. Close it when done. */
export function openUNet(path: string): Checkpoint {
  const {files, config} = weightFiles([path]);
  const opened: Checkpoint[] = [];
  try {
    for (const file of files) opened.push(openCheckpoint(file));
    const checkpoint = opened.length === 1 ? opened[0] : mergeCheckpoints(opened);
    return config ? {...checkpoint, metadata: {...config, ...checkpoint.metadata}} : checkpoint;
  } catch (error) {
    for (const checkpoint of opened) checkpoint.close();
    throw error;
  }
}
