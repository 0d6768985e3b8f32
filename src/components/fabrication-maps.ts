import {exceedanceMask, noiseFloor} from "../measures/hallucination.js";
import type {Plane} from "../measures/image.js";
import {Degradation} from "../measures/nullspace.js";
import {scanRingCorrelation} from "../measures/sfrc.js";
import {element} from "./dom.js";
import {magnitudeColour} from "./error-colours.js";
import {fixed, signed} from "./format.js";
import {paintMask, paintSigned, paintTiles} from "./paint.js";
import type {MapPicture} from "./viewer.js";

/** What the maps are made of: 8-bit pictures of one image. */
export interface MapInput {
  readonly hr: Plane;
  readonly output: Plane;
  /** The reconstruction whose error is the floor. */
  readonly ae: Plane;
  /** Size of LR. */
  readonly low: readonly [width: number, height: number];
}

/** The scale of the invented part, in grey levels. */
export const inventedScale = 0.2;

/** sFRC tiles in pixels; HR of 32 pixels and more has some. */
export const tileSize = 32;

/** The largest frequency of a picture: two pixels a cycle. */
const nyquist = 0.5;

/** What the colours of the sFRC tiles mean: a ramp from no frequency resolved to all of them. */
export function tileKey(): HTMLElement {
  const stops = Array.from({length: 9}, (_, i) => {
    const colour = magnitudeColour(tileValue((i / 8) * nyquist), nyquist);
    return `rgb(${colour.map(Math.round).join(" ")})`;
  });
  const ramp = element("span", {
    style: `width: 120px; height: 10px; border-radius: 2px; background: linear-gradient(to right, ${stops.join(", ")})`,
    "aria-hidden": "true"
  });
  return element(
    "span",
    {class: "swatches tile-key"},
    element("span", {class: "item"}, "sFRC tiles, correlation above ½ up to: 0", ramp, `${nyquist} cycles/pixel`),
    element("span", {}, "laid over the output; a flat tile has no colour")
  );
}

/** What is painted of a tile: the less far it is resolved, the lighter. */
function tileValue(frequency: number): number {
  return nyquist - frequency;
}

/** The three maps of what was made up, each with its numbers. */
export function fabricationMaps({hr, output, ae, low}: MapInput): {
  readonly maps: MapPicture[];
  readonly threshold: number;
  readonly brighter: number;
  readonly darker: number;
  readonly inventedRms: number;
  /** The lowest crossing of all tiles in cycles/pixel, null where there is none. */
  readonly worstTile: number | null;
} {
  const {threshold} = noiseFloor(hr, ae, 2);
  const mask = exceedanceMask(hr, output, threshold);
  const invented = new Degradation(hr.width, hr.height, ...low).hallucinationMap(hr, output);
  const scan = scanRingCorrelation(hr, output, {size: tileSize, stride: tileSize >> 1});
  const tiles = (scan?.tiles ?? []).map((tile) => ({
    ...tile,
    value: tile.frequency === null ? null : tileValue(tile.frequency)
  }));
  const crossings = (scan?.tiles ?? []).flatMap(({frequency}) => (frequency === null ? [] : [frequency]));
  const {width} = hr;
  const tileAt = (at: number) => {
    const [px, py] = [at % width, Math.floor(at / width)];
    const hit = (scan?.tiles ?? []).filter(({x, y}) => px >= x && px < x + tileSize && py >= y && py < y + tileSize);
    const own = hit.flatMap(({frequency}) => (frequency === null ? [] : [frequency]));
    return own.length === 0 ? "flat" : `${fixed(Math.min(...own), 3)} c/px`;
  };
  let brighter = 0;
  let darker = 0;
  for (const sign of mask) {
    if (sign > 0) brighter++;
    else if (sign < 0) darker++;
  }
  let squares = 0;
  for (let i = 0; i < invented.data.length; i++) squares += invented.data[i] ** 2;
  const n = hr.data.length;
  return {
    maps: [
      thresholdMap(hr, output, threshold),
      {
        id: "invented",
        label: "Invented part",
        picture: paintSigned(invented, inventedScale),
        read: (at) => signed(invented.data[at], 3)
      },
      {id: "tiles", label: "sFRC tiles", picture: paintTiles(output, tiles, tileSize, nyquist), read: tileAt}
    ],
    threshold,
    brighter: brighter / n,
    darker: darker / n,
    inventedRms: Math.sqrt(squares / n),
    worstTile: crossings.length === 0 ? null : Math.min(...crossings)
  };
}

/** Pixels beyond a threshold on the output, painted into a picture of its size where one is given. */
export function thresholdMap(
  hr: Plane,
  output: Plane,
  threshold: number,
  {
    id = "threshold",
    label = "Beyond the floor",
    mask = exceedanceMask(hr, output, threshold),
    into
  }: {id?: string; label?: string; mask?: Int8Array; into?: OffscreenCanvas} = {}
): MapPicture {
  return {
    id,
    label,
    picture: paintMask(output, mask, into),
    read: (at) => signed(output.data[at] - hr.data[at], 3)
  };
}
