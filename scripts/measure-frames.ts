import type {Browser, Page} from "playwright-core";
import {decodeImage, encodePng8} from "../loaders/images/index.js";
import type {Plane} from "../src/measures/image.js";

/** 60 frames a second. */
export const frameLimit = 1000 / 60;

/** The side of the pictures for which the limit holds. */
export const pictureSide = 256;

/** What the frames of one interaction took. */
export interface FrameTimes {
  readonly interaction: string;
  /** The pictures that were shown. */
  readonly pictures: string;
  readonly frames: number;
  /** 95th percentile of the time from one frame to the next, ms: that of the screen where all goes well. */
  readonly interval: number;
  /** 95th percentile of the main thread's processor time in a frame, ms, whatever else the machine does. */
  readonly work: number;
}

interface Interaction {
  readonly name: string;
  readonly path: string;
  /** What must stand there before it begins. */
  readonly ready: string;
  /** Where the mouse button goes down, and stays down. */
  readonly press?: string;
  /**
   * Code that runs in the page once a frame, just before it is drawn: it does what a hand does between two frames. `i` counts them,
   * `swing` goes back and forth between 0 and 1.
   */
  readonly step: string;
}

/** So that what runs often is compiled. */
const warmUp = 40;
const steps = 240;

/** A drag within the first stage by a pointer that is down already. */
const dragOver = (selector: string) => `
  const box = document.querySelector(".viewer .stage").getBoundingClientRect();
  const at = {clientX: box.x + box.width * swing, clientY: box.y + box.height * (0.5 + 0.3 * Math.cos(i / 7))};
  document.querySelector("${selector}").dispatchEvent(new PointerEvent("pointermove", {...at, pointerId: 1, bubbles: true}));
`;

const interactions: readonly Interaction[] = [
  {
    name: "viewer: wipe",
    path: "reconstructions?mode=wipe&wipe=0.5",
    ready: ".viewer .corner.right:not(:empty)",
    press: ".viewer .handle",
    step: dragOver(".viewer .handle")
  },
  {
    name: "viewer: pan",
    path: "reconstructions?mode=side&view=0.5,0.5,3",
    ready: ".viewer .column .panel",
    press: ".viewer .stage",
    step: dragOver(".viewer .stage")
  },
  {
    name: "viewer: zoom",
    path: "reconstructions?mode=side",
    ready: ".viewer .column .panel",
    step: `
      const stage = document.querySelector(".viewer .stage");
      const box = stage.getBoundingClientRect();
      const at = {clientX: box.x + box.width / 3, clientY: box.y + box.height / 3};
      const deltaY = i % 60 < 30 ? -20 : 20;
      stage.dispatchEvent(new WheelEvent("wheel", {...at, deltaY, ctrlKey: true, bubbles: true, cancelable: true}));
    `
  },
  {
    name: "band mixer: a band a frame",
    path: "bands",
    ready: ".mix-result:not(:empty)",
    step: `
      const buttons = document.querySelectorAll(".mixer button");
      buttons[i % buttons.length].click();
    `
  },
  {
    name: "threshold lab: slider",
    path: "hallucination?floor=own&k=2",
    ready: ".lab table",
    step: `
      const slider = document.querySelector(".lab .slider:not([hidden]) input");
      slider.value = String(Number(slider.max) * swing);
      slider.dispatchEvent(new Event("input", {bubbles: true}));
    `
  }
];

/**
 * Frame times of what the notebook promises to follow the hand, each in a page of its own, something moved in every frame. Pictures
 * that are smaller than 256² are enlarged to that on their way to the page, each pixel into a square.
 */
export async function measureFrames(
  browser: Browser,
  url: string,
  {say = () => {}}: {say?: (text: string) => void} = {}
): Promise<FrameTimes[]> {
  const all: FrameTimes[] = [];
  for (const {name, path, ready, press, step} of interactions) {
    say(name);
    const context = await browser.newContext({viewport: {width: 1440, height: 900}});
    try {
      const page = await context.newPage();
      const sizes = await enlargePictures(page);
      await page.goto(url + path, {waitUntil: "networkidle"});
      await page.waitForSelector(ready, {state: "attached"});
      await page
        .locator(press ?? ".viewer, .lab, .mixer")
        .first()
        .scrollIntoViewIfNeeded();
      if (press !== undefined) {
        await page.locator(press).first().hover();
        await page.mouse.down();
      }
      await page.evaluate(play(step, warmUp));
      await browser.startTracing(page, {categories});
      const intervals = (await page.evaluate(play(step, steps))) as number[];
      const trace = JSON.parse((await browser.stopTracing()).toString()) as {traceEvents: TraceEvent[]};
      all.push({
        interaction: name,
        pictures: [...sizes].join(", "),
        frames: intervals.length,
        interval: percentile(intervals, 0.95),
        work: percentile(workOfFrames(trace.traceEvents), 0.95)
      });
    } finally {
      await context.close();
    }
  }
  return all;
}

/** Runs in the page, and gives the times between frames. A text: a bundler's names of functions mean nothing there. */
function play(step: string, count: number): string {
  return `new Promise((resolve) => {
    const times = [];
    let i = 0;
    requestAnimationFrame(function look(now) {
      times.push(now);
      if (times.length > ${count}) return resolve(times.slice(1).map((time, i) => time - times[i]));
      const swing = 0.5 + 0.45 * Math.sin(i / 9);
      { ${step} }
      i++;
      requestAnimationFrame(look);
    });
  })`;
}

/** Returns the sizes that the page gets to see, which fills as it loads. */
async function enlargePictures(page: Page): Promise<Set<string>> {
  const sizes = new Set<string>();
  await page.route(/\/_file\/images\/.*\.png$/, async (route) => {
    const response = await route.fetch();
    const body = await response.body();
    const image = await decodeImage(body, "picture");
    const times = Math.ceil(pictureSide / Math.max(image.width, image.height));
    // the page only reads the size of LR, and cuts its thumbnails out of one picture
    if (/\.lr\.|thumbnails/.test(route.request().url())) return route.fulfill({response, body});
    const shown = `${times * image.width}×${times * image.height}`;
    sizes.add(times === 1 ? shown : `${shown} (of ${image.width}×${image.height})`);
    return route.fulfill({response, body: times === 1 ? body : Buffer.from(encodePng8(enlarged(image, times)))});
  });
  return sizes;
}

function enlarged({data, width, height}: Plane, times: number): Plane {
  const wide = width * times;
  const large = new Float32Array(wide * height * times);
  for (let i = 0; i < large.length; i++) {
    large[i] = data[Math.floor(i / wide / times) * width + Math.floor((i % wide) / times)];
  }
  return {data: large, width: wide, height: height * times};
}

const categories = ["toplevel", "disabled-by-default-devtools.timeline.frame"];

/** Of the trace that Chromium writes; times in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly tdur?: number;
  readonly args?: {readonly name?: string};
}

/** Processor time of the page's main thread, frame by frame, ms. */
function workOfFrames(events: readonly TraceEvent[]): number[] {
  const beginnings = new Map<string, number[]>();
  const thread = ({pid, tid}: TraceEvent) => `${pid} ${tid}`;
  for (const event of events) {
    if (event.name !== "BeginMainThreadFrame") continue;
    const own = beginnings.get(thread(event)) ?? [];
    own.push(event.ts);
    beginnings.set(thread(event), own);
  }
  const [main, frames] = [...beginnings].sort(([, a], [, b]) => b.length - a.length)[0] ?? ["", []];
  frames.sort((a, b) => a - b);
  const work = new Array<number>(frames.length).fill(0);
  for (const event of events) {
    if (thread(event) !== main || event.name !== "ThreadControllerImpl::RunTask" || event.tdur === undefined) continue;
    const frame = frames.findLastIndex((ts) => ts <= event.ts + 1);
    if (frame >= 0) work[frame] += event.tdur / 1000;
  }
  return work;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
