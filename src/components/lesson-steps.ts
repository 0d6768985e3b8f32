import {psnr} from "../measures/fidelity.js";
import type {Plane} from "../measures/image.js";
import {element} from "./dom.js";
import {fixed, scientific, signed} from "./format.js";
import {barsGuess, choiceGuess, type Guess, parsePercents, sliderGuess} from "./lesson-prediction.js";
import {
  blurredTo,
  contrastByScale,
  errorByScale,
  moved,
  type Shares,
  scales,
  twinOf,
  withoutLevels,
  withSpot
} from "./lesson-truth.js";
import {difference} from "./paint.js";
import {picture} from "./picture.js";
import {sourced} from "./provenance.js";
import type {Published, PublishedRow} from "./site-data.js";

/** What the lesson is held on: one image of the site, in an autoencoder's version too, and what was published. */
export interface LessonMaterial {
  readonly id: string;
  readonly setLabel: string;
  readonly hr: Plane;
  readonly output: Plane;
  readonly outputLabel: string;
  /** Another image of the set and of the same size; null where there is none. */
  readonly other: {readonly id: string; readonly plane: Plane} | null;
  readonly published: Published;
  /** Our study's gain of medical over natural training at equal geometry, chest; null without a study. */
  readonly ourDomainGain: {readonly text: string; readonly facts: readonly (readonly [string, string])[]} | null;
}

/** What came of a prediction. */
export interface Outcome {
  readonly guess: string;
  readonly truth: string;
  readonly off: string;
  /** What a learner sees. */
  readonly node: HTMLElement;
}

export interface LessonStep {
  readonly title: string;
  /** What is explained and shown before the question. */
  readonly material: HTMLElement;
  readonly question: string;
  readonly guess: Guess;
  /** The truth, measured when it is asked for. */
  reveal(guess: string): Outcome;
}

export const lessonTitles = [
  "What a band is",
  "What an autoencoder drops",
  "What the generator invents",
  "What PSNR hides",
  "Read the study"
] as const;

/** A step of the lesson, 1 to 5, with the answer that was given before, if any. */
export function lessonStep(n: number, material: LessonMaterial, given: string | null): LessonStep {
  const make = [bandStep, dropStep, inventStep, hideStep, studyStep][n - 1];
  if (make === undefined) throw new RangeError(`invalid step: ${n}`);
  return make(material, given);
}

function p(...children: readonly (string | Node)[]): HTMLElement {
  return element("p", {}, ...children);
}

function bandStep({id, hr}: LessonMaterial, given: string | null): LessonStep {
  const taken = new Set<number>();
  const holder = element("div", {});
  const draw = () => {
    const names = scales.filter((scale) => taken.has(Number(scale.id))).map(({label}) => label);
    holder.replaceChildren(
      picture(withoutLevels(hr, taken), names.length === 0 ? "The whole picture" : `Without ${names.join(" and ")}`, {
        description: `${id} ${names.length === 0 ? "as it is" : `without ${names.join(" and ")}`}`
      })
    );
  };
  const boxes = scales.slice(1).map(({id: level, label, pixels}) =>
    element(
      "label",
      {},
      element("input", {
        type: "checkbox",
        oninput: (event: Event) => {
          event.stopPropagation();
          if ((event.target as HTMLInputElement).checked) taken.add(Number(level));
          else taken.delete(Number(level));
          draw();
        }
      }),
      ` ${label} (${pixels} wide)`
    )
  );
  draw();
  return {
    title: lessonTitles[0],
    material: element(
      "div",
      {class: "lesson-material"},
      element(
        "div",
        {},
        p(
          "Any picture can be split into a coarse picture and details of several sizes. Such a part is called a ",
          element("em", {}, "band"),
          ". Put all bands together and the picture is back, to the last digit. Take some away and see what each of them is for."
        ),
        element("fieldset", {class: "guess"}, element("legend", {}, "Take away"), ...boxes)
      ),
      holder
    ),
    question: "How much of this picture’s contrast lies in the fine detail alone?",
    guess: sliderGuess({label: "Share of the contrast in fine detail", min: 0, max: 100, step: 1, unit: "%", given}),
    reveal: (guess) => {
      const shares = contrastByScale(hr);
      const truth = 100 * shares[3];
      const off = Math.abs(truth - Number(guess));
      return {
        guess: `${guess} %`,
        truth: `${fixed(truth, 1)} %`,
        off: `${fixed(off, 1)} percentage points`,
        node: element(
          "div",
          {},
          p(
            element("strong", {}, `${fixed(truth, 1)} %. `),
            `You said ${guess} %: ${fixed(off, 1)} percentage points off. The coarse picture, blocks of 8×8 pixels, holds ${fixed(100 * shares[0], 1)} % of the contrast.`
          ),
          shareBars([{label: "this picture’s contrast", shares}]),
          p(
            "Contrast is counted as squared distance from the mean, because then the bands add up exactly (Parseval). Little of it is fine detail, and yet without fine detail the picture looks out of focus. Keep that in mind: a small share can matter much to the eye."
          )
        )
      };
    }
  };
}

function dropStep({id, hr, output, outputLabel}: LessonMaterial, given: string | null): LessonStep {
  return {
    title: lessonTitles[1],
    material: element(
      "div",
      {class: "lesson-material"},
      element(
        "div",
        {},
        p(
          "An ",
          element("em", {}, "autoencoder"),
          ` squeezes a picture into fewer numbers (the latent) and rebuilds it from these. Latent diffusion works on the squeezed version only, so what the autoencoder drops, no generator gets back from it. Here are a picture and what ${outputLabel} makes of it.`
        )
      ),
      element(
        "div",
        {class: "pictures"},
        picture(hr, "The picture", {description: `${id} as it is`}),
        picture(output, "After the autoencoder", {description: `${id} after ${outputLabel}`})
      )
    ),
    question: "Draw how its error divides among the bands: where is most of it? (The bars always add up to 100 %.)",
    guess: barsGuess({
      label: "Your drawing of the error",
      bars: scales.map(({label, pixels}) => ({label, note: pixels})),
      given
    }),
    reveal: (guess) => {
      const shares = errorByScale(hr, output);
      const own = (parsePercents(guess, scales.length) ?? []).map((percent) => percent / 100);
      const contrast = contrastByScale(hr);
      const off = 100 * moved(own, shares);
      const most = shares.indexOf(Math.max(...shares));
      return {
        guess: guess.split("-").join(" / "),
        truth: shares.map((share) => fixed(100 * share, 0)).join(" / "),
        off: `${fixed(off, 0)} % would have to be moved`,
        node: element(
          "div",
          {},
          p(
            element(
              "strong",
              {},
              `Most of the error, ${fixed(100 * shares[most], 0)} %, is in the ${scales[most].label}. `
            ),
            `Of your drawing, ${fixed(off, 0)} % would have to be moved to another band.`
          ),
          shareBars([
            {label: "you drew", shares: own},
            {label: "measured error", shares},
            {label: "the picture’s contrast", shares: contrast}
          ]),
          picture(difference(hr, output), "Output − picture", {
            description: `Error of ${outputLabel} on ${id}`,
            limit: 0.1,
            note: "Warm: too bright, blue: too dark, on a scale of ±0.1."
          }),
          p(
            `Compare the last two bars: fine detail is ${fixed(100 * contrast[3], 1)} % of this picture’s contrast, and ${fixed(100 * shares[3], 0)} % of the error.`
          )
        )
      };
    }
  };
}

const howDifferent = [
  {value: "much", label: "as much as the large ones"},
  {value: "little", label: "a little"},
  {value: "not", label: "not at all"}
] as const;

function inventStep({id, hr, other}: LessonMaterial, given: string | null): LessonStep {
  const twin = twinOf(hr, other?.plane ?? mirrored(hr));
  const times = 4;
  return {
    title: lessonTitles[2],
    material: element(
      "div",
      {class: "lesson-material"},
      element(
        "div",
        {},
        p(
          `Super-resolution gets a small picture and gives a large one. Reduced ${times}-fold on each side, only one number in ${times * times} is left; the rest has to come from somewhere. A generator makes it up, from what it saw in training.`
        ),
        p(
          `Picture A is real. For picture B some of A’s details were replaced by those of ${other === null ? "its mirror image" : "another patient"}, so that the two differ by a PSNR of only ${fixed(twin.psnr, 1)} dB.`
        )
      ),
      element(
        "div",
        {class: "pictures"},
        picture(hr, "A: real", {description: `${id} as it is`}),
        picture(twin.plane, "B: with details of another", {description: `${id} with details from elsewhere`})
      )
    ),
    question: `Reduce both ${times}-fold. How much do the two small pictures differ?`,
    guess: choiceGuess({label: "The small pictures differ", options: howDifferent, given}),
    reveal: (guess) => {
      const said = howDifferent.find(({value}) => value === guess)?.label ?? guess;
      const right = guess === "not";
      const most = twin.lowDifference;
      return {
        guess: said,
        truth: "not at all",
        off: right ? "right" : "wrong",
        node: element(
          "div",
          {},
          p(
            element("strong", {}, "Not at all. "),
            `You said “${said}”. The largest difference of the small pictures is ${most === 0 ? "0" : `${scientific(most, 1)}`} on a scale from 0 to 1, which is the computer’s rounding. B took over exactly those details that reducing throws away.`
          ),
          element(
            "div",
            {class: "pictures"},
            picture(twin.low[0], "A, reduced", {description: `${id}, reduced ${times}-fold`}),
            picture(twin.low[1], "B, reduced", {description: `Picture B, reduced ${times}-fold`}),
            picture(difference(hr, twin.plane), "B − A, in full size", {
              description: `Difference of B and A of ${id}`,
              limit: 0.1,
              note: "None of this can be seen in the small pictures. Warm: B is brighter; scale ±0.1."
            })
          ),
          p(
            `${fixed(100 * twin.undetermined, 1)} % of this picture’s contrast is not determined by the small one. That is what a generator has to invent, and why an output that fits its small picture perfectly can still be wrong: check it against the truth, or do not trust its details.`
          )
        )
      };
    }
  };
}

function hideStep({id, hr, output, outputLabel}: LessonMaterial, given: string | null): LessonStep {
  const diameter = Math.max(5, Math.round(hr.width / 20));
  const planted = withSpot(hr, id, {contrast: 0.25, diameter});
  return {
    title: lessonTitles[3],
    material: element(
      "div",
      {class: "lesson-material"},
      element(
        "div",
        {},
        p(
          "PSNR, in decibels (dB), is the usual mark for a reconstruction: the mean squared error on a logarithmic scale. 20 dB is poor, 30 dB common, at 40 dB two pictures are hard to tell apart."
        ),
        p(
          `In the second picture there is a small bright spot, ${diameter} pixels wide, that is not in the first one. In a patient it might be taken for a lesion.`
        )
      ),
      element(
        "div",
        {class: "pictures"},
        picture(hr, "Real", {description: `${id} as it is`}),
        picture(planted, "With a spot that was never there", {description: `${id} with an invented bright spot`})
      )
    ),
    question: "What PSNR does the picture with the invented spot have?",
    guess: sliderGuess({label: "PSNR of the picture with the spot", min: 10, max: 60, step: 1, unit: "dB", given}),
    reveal: (guess) => {
      const truth = psnr(hr, planted);
      const alone = psnr(hr, output);
      const blurred = blurredTo(hr, truth);
      const off = Math.abs(truth - Number(guess));
      return {
        guess: `${guess} dB`,
        truth: `${fixed(truth, 1)} dB`,
        off: `${fixed(off, 1)} dB`,
        node: element(
          "div",
          {},
          p(
            element("strong", {}, `${fixed(truth, 1)} dB. `),
            `You said ${guess} dB: ${fixed(off, 1)} dB off. The autoencoder’s honest reconstruction, without any invention, has ${fixed(alone, 1)} dB. ${truth > alone ? "PSNR prefers the picture with the false spot." : "Here PSNR prefers the reconstruction; on most pictures it is the other way round."}`
          ),
          element(
            "div",
            {class: "pictures"},
            picture(planted, `False spot: ${fixed(truth, 1)} dB`, {description: `${id} with an invented bright spot`}),
            picture(blurred.plane, `Blur of the same PSNR: ${fixed(blurred.psnr, 1)} dB`, {
              description: `${id} blurred with σ = ${fixed(blurred.sigma, 2)} pixels`,
              note: `σ = ${fixed(blurred.sigma, 2)} pixels`
            }),
            picture(output, `${outputLabel}: ${fixed(alone, 1)} dB`, {description: `${id} after ${outputLabel}`})
          ),
          spotPlay(id, hr),
          p(
            "PSNR adds up errors over all pixels, so it hardly notices one that is small in area, however grave. It tells how close two pictures are, not whether what is in one of them exists."
          )
        )
      };
    }
  };
}

/** Sliders for the spot's contrast and width, with the PSNR that results. */
function spotPlay(id: string, hr: Plane): HTMLElement {
  const contrast = element("input", {type: "range", min: 0.02, max: 0.6, step: 0.02});
  const width = element("input", {type: "range", min: 3, max: Math.round(hr.width / 4), step: 1});
  contrast.value = "0.24";
  width.value = String(Math.max(5, Math.round(hr.width / 20)));
  const result = element("output", {});
  const holder = element("div", {});
  const draw = () => {
    const spot = withSpot(hr, id, {contrast: Number(contrast.value), diameter: Number(width.value)});
    result.textContent = `${fixed(psnr(hr, spot), 1)} dB`;
    holder.replaceChildren(
      picture(spot, `Spot of ${width.value} pixels, ${contrast.value} brighter`, {
        description: `${id} with the spot as set`
      })
    );
  };
  for (const input of [contrast, width]) {
    input.addEventListener("input", (event) => {
      event.stopPropagation();
      draw();
    });
  }
  draw();
  return element(
    "details",
    {class: "behind"},
    element("summary", {}, "Change the spot"),
    element(
      "div",
      {class: "lesson-material"},
      element(
        "div",
        {},
        element("label", {class: "choice"}, "Contrast (grey levels, 0 to 1) ", contrast),
        element("br"),
        element("label", {class: "choice"}, "Width (pixels) ", width),
        p("PSNR: ", element("strong", {}, result))
      ),
      holder
    )
  );
}

function studyStep({published, ourDomainGain}: LessonMaterial, given: string | null): LessonStep {
  const chest = (measure: string, convention = "true-HR"): PublishedRow => {
    const row = published.values.find(
      (one) => one.measure === measure && one.dataset === "mimic-cxr" && one.convention === convention
    );
    if (row === undefined) throw new RangeError(`no published ${measure}`);
    return row;
  };
  const number = (row: PublishedRow) =>
    sourced(`${signed(row.value, 2)} dB`, [
      ["published", `arXiv ${published.citation.arxiv}`],
      ["read in", published.sources[row.source].where],
      ["precision", published.sources[row.source].precision],
      ["data", published.datasets[row.dataset!].label]
    ]);
  const [gain, geometry, domain] = ["psnr_gap", "geometry_SR_gain", "pretraining_SR_gain"].map((m) => chest(m));
  return {
    title: lessonTitles[4],
    material: element(
      "div",
      {class: "lesson-material"},
      element(
        "div",
        {},
        p(
          "Now a real study. On chest X-rays it replaced an autoencoder trained on everyday photographs (SD-VAE) by one trained on medical images (MedVAE), changed nothing else, and super-resolution gained ",
          number(gain),
          " of PSNR. Its first title credited the medical training."
        ),
        p(
          "But the two autoencoders also differ in ",
          element("em", {}, "geometry"),
          ": the medical one keeps three times as many numbers, at twice the resolution. For its revision the study added a third one, trained on photographs but with the medical one’s geometry."
        )
      )
    ),
    question: `Of the ${signed(gain.value, 2)} dB, how much did medical training bring, at equal geometry?`,
    guess: sliderGuess({
      label: "Gain by medical training at equal geometry",
      min: -1,
      max: 4,
      step: 0.1,
      unit: "dB",
      given
    }),
    reveal: (guess) => {
      const off = Math.abs(domain.value - Number(guess));
      return {
        guess: `${guess.replace("-", "−")} dB`,
        truth: `${signed(domain.value, 2)} dB`,
        off: `${fixed(off, 2)} dB`,
        node: element(
          "div",
          {},
          p(
            element("strong", {}, number(domain), ". "),
            `You said ${guess.replace("-", "−")} dB: ${fixed(off, 2)} dB off. Geometry alone brought `,
            number(geometry),
            "."
          ),
          gainBars([
            {label: "geometry", value: geometry.value},
            {label: "medical training", value: domain.value},
            {label: "you said of training", value: Number(guess)}
          ]),
          ourDomainGain === null
            ? p(
                "This build has no study results of its own to set beside it: ",
                element("code", {}, "bandscope run"),
                " makes some."
              )
            : p(
                "Our own small autoencoders on simulated chest images: ",
                sourced(ourDomainGain.text, ourDomainGain.facts),
                "."
              ),
          p(
            "To compare two things, change one of them at a time. And look at what a number is measured against: the gains of the first version compared each output with its own autoencoder’s reconstruction, and some of its figures compared images of different patients (",
            element("a", {href: "./audit"}, "Audit"),
            "). ",
            element("a", {href: "./paper"}, "Paper and us"),
            " has every number; ",
            element("a", {href: "./geometry"}, "Geometry or domain?"),
            " takes the gain apart."
          )
        )
      };
    }
  };
}

/** Bars of shares, one a row, with percents; described in words for those who can't see them. */
function shareBars(rows: readonly {readonly label: string; readonly shares: Shares}[]): HTMLElement {
  return element(
    "div",
    {class: "share-bars"},
    element(
      "p",
      {class: "swatches"},
      ...scales.map(({label}, i) =>
        element("span", {class: "item"}, element("span", {class: `swatch scale-${i}`}), label)
      )
    ),
    ...rows.map(({label, shares}) =>
      element(
        "div",
        {
          class: "share-row",
          role: "img",
          "aria-label": `${label}: ${shares.map((share, i) => `${scales[i].label} ${fixed(100 * share, 1)} %`).join(", ")}`
        },
        element("span", {class: "name"}, label),
        element(
          "span",
          {class: "track"},
          ...shares.map((share, i) =>
            element(
              "span",
              {class: `part scale-${i}`, style: `width: ${100 * share}%`},
              share > 0.06 ? `${fixed(100 * share, 0)} %` : ""
            )
          )
        )
      )
    )
  );
}

/** Gains in dB as bars from zero. */
function gainBars(rows: readonly {readonly label: string; readonly value: number}[]): HTMLElement {
  const low = Math.min(0, ...rows.map(({value}) => value));
  const high = Math.max(1, ...rows.map(({value}) => value));
  const at = (value: number) => (84 * (value - low)) / (high - low); // the rest is for the number
  return element(
    "div",
    {class: "share-bars"},
    ...rows.map(({label, value}) =>
      element(
        "div",
        {class: "share-row", role: "img", "aria-label": `${label}: ${signed(value, 2)} dB`},
        element("span", {class: "name"}, label),
        element(
          "span",
          {class: "track gains"},
          element("span", {
            class: "part scale-1",
            style: `left: ${at(Math.min(0, value))}%; width: ${Math.max(0.4, Math.abs(at(value) - at(0)))}%`
          }),
          element("span", {class: "value", style: `left: ${at(Math.max(0, value))}%`}, `${signed(value, 2)} dB`)
        )
      )
    )
  );
}

function mirrored(plane: Plane): Plane {
  const {width, height} = plane;
  const data = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data[y * width + x] = plane.data[y * width + width - 1 - x];
  }
  return {data, width, height};
}
