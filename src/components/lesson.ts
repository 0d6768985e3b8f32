import {csvLine} from "../measures/tables/csv.js";
import {element, scrollRegion} from "./dom.js";
import {saveText} from "./download.js";
import {type LessonMaterial, lessonStep, lessonTitles, type Outcome} from "./lesson-steps.js";

/** Where a learner stands: the step in view, and the answers given, by step. An address keeps both. */
export interface LessonState {
  readonly step: number;
  readonly answers: readonly (string | null)[];
}

export const lessonLength = lessonTitles.length;

/** Reads `step` and `a1` … `a5`; what makes no sense is as if it were not there. */
export function parseLesson(get: (name: string) => string | null): LessonState {
  const step = Number(get("step") ?? 1);
  return {
    step: Number.isInteger(step) && step >= 1 && step <= lessonLength ? step : 1,
    answers: lessonTitles.map((_, i) => {
      const answer = get(`a${i + 1}`);
      return answer !== null && /^(-?\d+(\.\d+)?|much|little|not|\d+(-\d+){3})$/.test(answer) ? answer : null;
    })
  };
}

/** The names and values that an address keeps of a state. */
export function lessonAddress({step, answers}: LessonState): Record<string, string | null> {
  return {
    step: step === 1 ? null : String(step),
    ...Object.fromEntries(answers.map((answer, i) => [`a${i + 1}`, answer]))
  };
}

/**
 * A lesson in five steps. In each the learner says what they expect, then sees what was measured on the site's own image and
 * how far off they were. `onState` is told of every change.
 */
export function lesson(
  material: LessonMaterial,
  start: LessonState,
  onState: (state: LessonState) => void
): HTMLElement {
  let {step} = start;
  const answers = [...start.answers];
  const nav = element("ol", {class: "lesson-steps"});
  const body = element("section", {class: "lesson-step"});
  const node = element("div", {class: "lesson"}, element("nav", {"aria-label": "Steps of the lesson"}, nav), body);

  const say = () => onState({step, answers: [...answers]});
  const go = (next: number) => {
    step = next;
    say();
    draw();
    body.querySelector<HTMLElement>("h2")?.focus();
  };

  function drawNav(): void {
    nav.replaceChildren(
      ...lessonTitles.map((title, i) =>
        element(
          "li",
          {},
          element(
            "button",
            {
              type: "button",
              "aria-current": i + 1 === step ? "step" : null,
              "data-done": answers[i] !== null,
              onclick: () => go(i + 1)
            },
            element("span", {class: "n", "aria-hidden": "true"}, answers[i] === null ? String(i + 1) : "✓"),
            title,
            answers[i] !== null && element("span", {class: "visually-hidden"}, " (answered)")
          )
        )
      )
    );
  }

  function draw(): void {
    drawNav();
    const {title, material: shown, question, guess, reveal} = lessonStep(step, material, answers[step - 1]);
    const result = element("div", {class: "lesson-result", "aria-live": "polite"});
    const button = element("button", {type: "button", class: "plain show", disabled: true}, "Show what is true");
    const given = answers[step - 1];
    const open = (answer: string) => {
      guess.lock();
      button.remove();
      result.replaceChildren(reveal(answer).node, foot());
    };
    button.addEventListener("click", () => {
      const answer = guess.value();
      if (answer === null) return;
      answers[step - 1] = answer;
      say();
      drawNav();
      open(answer);
    });
    guess.node.addEventListener("input", () => {
      button.disabled = guess.value() === null;
    });
    body.replaceChildren(
      element("h2", {tabindex: -1}, `${step}. ${title}`),
      shown,
      element("div", {class: "question"}, element("h3", {}, question), guess.node, button),
      result
    );
    if (given !== null) open(given);
  }

  function foot(): HTMLElement {
    const done = answers.every((answer) => answer !== null);
    return element(
      "div",
      {},
      done && step === lessonLength && summary(),
      element(
        "p",
        {class: "lesson-foot"},
        step > 1 && element("button", {type: "button", class: "plain", onclick: () => go(step - 1)}, "Back"),
        step < lessonLength &&
          element(
            "button",
            {type: "button", class: "plain next", onclick: () => go(step + 1)},
            `Next: ${lessonTitles[step]}`
          ),
        element(
          "button",
          {
            type: "button",
            class: "plain",
            onclick: () => {
              answers[step - 1] = null;
              say();
              draw();
            }
          },
          "Predict again"
        )
      )
    );
  }

  /** All predictions beside the truth, to look back on or to hand in. */
  function summary(): HTMLElement {
    const rows: [string, Outcome][] = lessonTitles.map((title, i) => [
      title,
      lessonStep(i + 1, material, answers[i]).reveal(answers[i]!)
    ]);
    const columns = ["step", "prediction", "truth", "off by"];
    const csv = () =>
      `${[columns, ...rows.map(([title, {guess, truth, off}]) => [title, guess, truth, off])].map(csvLine).join("\n")}\n`;
    return element(
      "div",
      {},
      element("h3", {}, "Your predictions"),
      scrollRegion(
        "Your predictions and the truth",
        element(
          "table",
          {id: "lesson-summary"},
          element("thead", {}, element("tr", {}, ...columns.map((text) => element("th", {scope: "col"}, text)))),
          element(
            "tbody",
            {},
            ...rows.map(([title, {guess, truth, off}]) =>
              element(
                "tr",
                {},
                element("th", {scope: "row"}, title),
                element("td", {}, guess),
                element("td", {}, truth),
                element("td", {}, off)
              )
            )
          )
        )
      ),
      element(
        "p",
        {class: "export"},
        element(
          "button",
          {type: "button", class: "plain", onclick: () => saveText("lesson.csv", "text/csv", csv())},
          "Save CSV"
        )
      )
    );
  }

  draw();
  return node;
}
