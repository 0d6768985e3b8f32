import type {SiteFabrication, SiteRates} from "../../src/components/site-data.js";
import {exceedances, noiseFloor} from "../../src/measures/hallucination.js";
import type {Plane} from "../../src/measures/image.js";
import {textOrder} from "./audit.js";

/** An image with every arm's output. */
export interface FabricationInput {
  readonly id: string;
  readonly hr: Plane;
  readonly outputs: ReadonlyMap<string, Plane>;
}

/**
 * What a page needs to move a threshold over all images without their pixels, and the rates at the study's threshold when outputs
 * meet their own images and when they meet those of a list sorted as text. `generators` says which arm's reconstruction is the
 * floor of each super-resolution arm.
 */
export function fabrication(
  inputs: readonly FabricationInput[],
  generators: ReadonlyMap<string, string>
): SiteFabrication {
  const histograms: Record<string, Record<string, readonly number[]>> = {};
  for (const {id, hr, outputs} of inputs) {
    histograms[id] = Object.fromEntries([...outputs].map(([arm, output]) => [arm, histogram(hr, output)]));
  }
  // outputs of another size can not meet
  const size = ({hr}: FabricationInput) => `${hr.width}×${hr.height}`;
  const alike = inputs.filter((input) => size(input) === size(inputs[0]));
  const order = textOrder(alike.length);
  const pairing: Record<string, {paired: SiteRates[]; mispaired: SiteRates[]}> = {};
  for (const [arm, ae] of generators) {
    const rates = (places: readonly number[]) =>
      alike.map(({hr, outputs}, i): SiteRates => {
        const {threshold} = noiseFloor(hr, outputs.get(ae)!);
        const {brighter, darker} = exceedances(hr, alike[places[i]].outputs.get(arm)!, threshold);
        return {brighter: round(brighter.rate), darker: round(darker.rate)};
      });
    pairing[arm] = {paired: rates(alike.map((_, i) => i)), mispaired: rates(order)};
  }
  return {histograms, images: alike.map(({id}) => id), order, pairing};
}

/** Differences of the two pictures as they are shown, in 1/255, and how many pixels have each; rising. */
export function histogram(hr: Plane, output: Plane): number[] {
  const counts = new Uint32Array(511);
  for (let i = 0; i < hr.data.length; i++) counts[byte(output.data[i]) - byte(hr.data[i]) + 255]++;
  return Array.from(counts).flatMap((count, at) => (count > 0 ? [at - 255, count] : []));
}

function byte(value: number): number {
  return Math.round(255 * Math.min(1, Math.max(0, value)));
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
