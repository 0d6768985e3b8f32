import {type BandName, bandLabel, bands} from "./bands-data.js";
import {withRadioRows} from "./radio-rows.js";

export interface BandRowsOptions {
  /** Where the row of a band lies in the drawing, in pixels from the top. */
  readonly rowOf: (band: BandName) => {readonly top: number; readonly height: number};
  readonly width: number;
  /** What is said of a band beside its name. */
  readonly describe: (band: BandName) => string;
  /** A band was pointed at, or moved to by keyboard. */
  readonly onBand: (band: BandName) => void;
}

/** A drawing whose rows are bands. `setBand` marks one. */
export type BandChart<E extends Element> = E & {setBand(band: string): void};

/** Lays a row over each band of a drawing that can be chosen. */
export function withBandRows<E extends Element>(
  svg: E,
  {rowOf, width, describe, onBand}: BandRowsOptions
): BandChart<E> {
  const setBand = withRadioRows(svg, {
    label: "Band",
    rows: bands.map((band) => ({
      key: band,
      ...rowOf(band),
      label: `${bandLabel(band)} (${band}): ${describe(band)}`
    })),
    width,
    attribute: "data-band",
    onRow: onBand
  });
  return Object.assign(svg, {setBand});
}
