/** One HR image and what all arms made of it: the unit of work, so that HR is read and transformed once. */
export interface Task {
  readonly id: string;
  readonly patient: string | null;
  readonly hr: string;
  readonly lr: string | null;
  readonly arms: readonly {readonly arm: string; readonly sr: string; readonly ae: string | null}[];
  /** The region of interest: its file, or why there is none. */
  readonly mask: string | {readonly absent: string};
  /** Whether to scan tiles for lost correlation. */
  readonly sfrc: boolean;
  /** Down-sampling factor where there is no LR image; null where it is not known. */
  readonly factor: number | null;
  /** Only look at the sizes: a run that must end with an error anyway. */
  readonly sizesOnly?: boolean;
}
