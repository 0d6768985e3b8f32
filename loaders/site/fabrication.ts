import type {SitePairing, SiteRates} from "../../src/components/site-data.js";
import {exceedances, noiseFloor} from "../../src/measures/hallucination.js";
import type {Plane} from "../../src/measures/image.js";
import {textOrder} from "./text-order.js";

/** An image with the outputs of a generator's arm and of its autoencoder, read when they are needed. */
export interface PairingInput {
  readonly hr: () => Plane;
  readonly output: () => Plane;
  readonly ae: () => Plane;
}

/**
 * An arm's rates at the study's threshold, mean + 2 SD of its autoencoder's |error| on the same image, when outputs meet their own
 * images and when they meet those of a list sorted as text: means over images of one size.
 */
export function pairingRates(inputs: readonly PairingInput[]): SitePairing {
  const rates = (places: readonly number[]): SiteRates => {
    const all = inputs.map(({hr, ae}, i): SiteRates => {
      const image = hr();
      const {threshold} = noiseFloor(image, ae());
      const {brighter, darker} = exceedances(image, inputs[places[i]].output(), threshold);
      return {brighter: round(brighter.rate), darker: round(darker.rate)};
    });
    const mean = (of: keyof SiteRates) => all.reduce((sum, rate) => sum + rate[of], 0) / all.length;
    return {brighter: mean("brighter"), darker: mean("darker")};
  };
  return {n: inputs.length, paired: rates(inputs.map((_, i) => i)), mispaired: rates(textOrder(inputs.length))};
}

/** Differences of the two pictures as they are shown, in 1/255, and how many pixels have each; rising. */
export function histogram(hr: Plane, output: Plane): number[] {
  const counts = new Uint32Array(511);
  for (let i = 0; i < hr.data.length; i++) counts[byte(output.data[i]) - byte(hr.data[i]) + 255]++;
  const pairs: number[] = [];
  for (let at = 0; at < counts.length; at++) if (counts[at] > 0) pairs.push(at - 255, counts[at]);
  return pairs;
}

function byte(value: number): number {
  return Math.round(255 * Math.min(1, Math.max(0, value)));
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
