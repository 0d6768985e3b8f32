/** A baseline whose weights anyone may use, and where they come from. */
export interface KnownBaseline {
  readonly id: string;
  readonly title: string;
  readonly repository: string;
  readonly commit: string;
  /** Of the file in the repository. */
  readonly path: string;
  readonly licence: string;
}

/** The networks that a study can take as pretrained, non-generative arms. */
export const knownBaselines: readonly KnownBaseline[] = [
  {
    id: "rlfn",
    title: "RLFN ×4",
    repository: "bytedance/RLFN",
    commit: "bccfde91bf8b2de80789ec033a029e6f2a932330",
    path: "model_zoo/rlfn_x4.pth",
    licence: "Apache-2.0"
  },
  {
    id: "rlfn-ntire",
    title: "RLFN ×4 (NTIRE 2022)",
    repository: "bytedance/RLFN",
    commit: "bccfde91bf8b2de80789ec033a029e6f2a932330",
    path: "model_zoo/rlfn_ntire_x4.pth",
    licence: "Apache-2.0"
  },
  {
    id: "rfdn",
    title: "RFDN ×4 (AIM 2020)",
    repository: "njulj/RFDN",
    commit: "7cf4e25b6633e81fd7e26891aeee2baca4f8f927",
    path: "trained_model/RFDN_AIM.pth",
    licence: "MIT"
  },
  {
    id: "carn-m",
    title: "CARN-M ×4",
    repository: "nmhkahn/CARN-pytorch",
    commit: "40d3514f81cccd680d846cd5ab07af35f2c8e0e2",
    path: "checkpoint/carn_m.pth",
    licence: "MIT"
  },
  {
    id: "vdsr",
    title: "VDSR on a bicubic enlargement",
    repository: "twtygqyy/pytorch-vdsr",
    commit: "514b021044018baf909e79f48392783daa592888",
    path: "model/model_epoch_50.pth",
    licence: "MIT"
  }
];
