import {afterEach, beforeEach, expect, test, vi} from "vitest";
import {Progress} from "../../loaders/cli/progress.js";

beforeEach(() => {
  vi.useFakeTimers({toFake: ["performance"]});
});
afterEach(() => {
  vi.useRealTimers();
});

/** What a log gets. */
function log() {
  const lines: string[] = [];
  const stream = {isTTY: false, write: (text: string) => lines.push(text)} as unknown as NodeJS.WriteStream;
  return {lines, stream};
}

test("the time left is what remains at the speed so far", () => {
  const {lines, stream} = log();
  const progress = new Progress("images", 100, "", stream);
  vi.advanceTimersByTime(20_000);
  progress.advance(25, "knee-3");
  expect(lines).toEqual(["images: 25/100, 1 min 0 s left, knee-3\n"]);
  vi.advanceTimersByTime(60_000);
  progress.advance(75);
  progress.finish();
  expect(lines.at(-1)).toBe("images: 100/100 in 1 min 20 s\n");
});

test("what work waits for before it begins says nothing of its speed", () => {
  const {lines, stream} = log();
  const progress = new Progress("measures", 100, "", stream);
  vi.advanceTimersByTime(80_000);
  progress.begin();
  vi.advanceTimersByTime(20_000);
  progress.begin();
  progress.advance(50);
  expect(lines).toEqual(["measures: 50/100, 20 s left\n"]);
});

test("short work shows nothing", () => {
  const {lines, stream} = log();
  const progress = new Progress("images", 2, "", stream);
  progress.advance(2);
  progress.finish();
  expect(lines).toEqual([]);
});
