/** The embedded study's networks, as data/training/medical-f4c3.json and medical-f4c3.x0.json have them. */
export const smallKl = {
  imageChannels: 1,
  channels: 16,
  multipliers: [1, 2, 4],
  resBlocks: 1,
  latentChannels: 3,
  normGroups: 4
};

export const smallUNet = {
  inputChannels: 6,
  outputChannels: 3,
  channels: 32,
  multipliers: [1, 2, 2],
  resBlocks: 1,
  attention: [false, false, true],
  headChannels: 8,
  normGroups: 8
};
