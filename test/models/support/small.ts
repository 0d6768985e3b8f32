/** A U-Net small enough for tests, with attention at its deeper level. */
export const smallUNet = {
  inputChannels: 4,
  outputChannels: 2,
  channels: 8,
  multipliers: [1, 2],
  resBlocks: 1,
  attention: [false, true],
  headChannels: 8,
  normGroups: 2
};

/** An AutoencoderKL likewise, f2 with 2 channels. */
export const smallKl = {
  imageChannels: 1,
  channels: 8,
  multipliers: [1, 2],
  resBlocks: 1,
  latentChannels: 2,
  normGroups: 2
};
