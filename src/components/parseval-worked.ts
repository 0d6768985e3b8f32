import {bandMeasuresOf} from "../measures/bands.js";
import {haar} from "../measures/dwt.js";
import {mse, psnrFromMse} from "../measures/fidelity.js";
import type {Plane} from "../measures/image.js";
import {element, scrollRegion} from "./dom.js";
import {fixed, grouped, scientific} from "./format.js";

/** The argument, number by number, for one output and one image. */
export interface ParsevalSteps {
  readonly pixels: number;
  readonly mse: number;
  /** dB; Infinity where the two are equal. */
  readonly psnr: number;
  /** Squared error of the pixels, of all bands together, and of LL3 alone. */
  readonly sse: number;
  readonly bandsSse: number;
  readonly llSse: number;
  /** Largest coefficient of HR's LL3, and the block mean that it is eight times of. */
  readonly peak: number;
  readonly p: number;
  /** Published flavour, dB. */
  readonly llPsnr: number;
  /** PSNR + 20·log₁₀ p, dB. */
  readonly bound: number;
  /** llPsnr is at least `bound`; it always is. */
  readonly holds: boolean;
}

/** Works out both sides of PSNR_LL3 ≥ PSNR + 20·log₁₀ p. @throws RangeError on differing sizes. */
export function parsevalSteps(hr: Plane, output: Plane): ParsevalSteps {
  const own = haar(hr);
  const {bands, total} = bandMeasuresOf(own, haar(output));
  const squared = mse(hr, output);
  const psnr = psnrFromMse(squared);
  let peak = 0;
  for (const value of own.ll.data) peak = Math.max(peak, Math.abs(value));
  const p = peak / 8;
  const bound = psnr + 20 * Math.log10(p);
  const llPsnr = bands.LL3.psnr;
  return {
    pixels: hr.data.length,
    mse: squared,
    psnr,
    sse: squared * hr.data.length,
    bandsSse: total,
    llSse: bands.LL3.sse,
    peak,
    p,
    llPsnr,
    bound,
    holds: llPsnr >= bound - 1e-6
  };
}

/** The steps as a list that can be followed with a pencil. */
export function parsevalWorked(hr: Plane, output: Plane): HTMLElement {
  const s = parsevalSteps(hr, output);
  const row = (what: string, how: string, value: string, id: string) =>
    element(
      "tr",
      {"data-step": id},
      element("th", {scope: "row"}, what),
      element("td", {}, how),
      element("td", {class: "number"}, value)
    );
  return element(
    "div",
    {id: "parseval-worked"},
    scrollRegion(
      "The argument worked out for one pair",
      element(
        "table",
        {class: "paper"},
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            element("th", {scope: "col"}, "Step"),
            element("th", {scope: "col"}, "How"),
            element("th", {scope: "col", class: "number"}, "Here")
          )
        ),
        element(
          "tbody",
          {},
          row("Squared error of the pixels", `MSE × ${grouped(s.pixels)} pixels`, fixed(s.sse, 3), "sse"),
          row(
            "Squared error of all ten bands",
            "must be the same: the transform keeps energy",
            fixed(s.bandsSse, 3),
            "bands"
          ),
          row("of which LL3", "one part of it, so no more than the whole", fixed(s.llSse, 3), "ll"),
          row(
            "Mean squared error of LL3",
            `${grouped(s.pixels)} / 64 coefficients, so at most 64 × MSE`,
            scientific((64 * s.llSse) / s.pixels),
            "llmse"
          ),
          row("Brightest 8×8 block mean, p", "HR’s largest LL3 coefficient / 8", fixed(s.p, 3), "p"),
          row("PSNR", "−10 log₁₀ MSE", `${fixed(s.psnr, 2)} dB`, "psnr"),
          row("The bound", "PSNR + 20 log₁₀ p", `${fixed(s.bound, 2)} dB`, "bound"),
          row("PSNR of LL3", "10 log₁₀ ((8p)² / MSE of LL3)", `${fixed(s.llPsnr, 2)} dB`, "llpsnr")
        )
      )
    ),
    element(
      "p",
      {class: "status", role: "status"},
      s.holds
        ? `${fixed(s.llPsnr, 2)} dB ≥ ${fixed(s.bound, 2)} dB: the bound holds, with ${fixed(s.llPsnr - s.bound, 2)} dB to spare. It holds for any two images, paired or not; try.`
        : `${fixed(s.llPsnr, 2)} dB < ${fixed(s.bound, 2)} dB: the bound is broken, which cannot be.`
    )
  );
}
