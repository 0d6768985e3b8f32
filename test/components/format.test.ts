import {expect, test} from "vitest";
import {dateTime, fixed, grouped, scientific, signed} from "../../src/components/format.js";

test("numbers have a real minus sign, and what is absent or infinite is shown as such", () => {
  expect(fixed(-1.005, 2)).toBe("−1.00");
  expect(fixed(null, 2)).toBe("–");
  expect(fixed(Number.NaN, 2)).toBe("–");
  expect(fixed(Infinity, 2)).toBe("∞");
  expect(signed(2.914, 2)).toBe("+2.91");
  expect(signed(-0.3, 1)).toBe("−0.3");
  // what rounds to zero has no sign
  expect([fixed(-0.004, 2), signed(-0.004, 2), signed(0.004, 2), signed(Infinity, 1)]).toEqual([
    "0.00",
    "0.00",
    "0.00",
    "∞"
  ]);
  expect([fixed(-0.006, 2), signed(0.006, 2)]).toEqual(["−0.01", "+0.01"]);
  expect(scientific(0.001234)).toBe("1.23 × 10⁻³");
  expect(scientific(0)).toBe("0");
  expect(grouped(2445063)).toBe("2,445,063");
});

test("dates are the same for every reader", () => {
  expect(dateTime("2026-11-03T01:05:59.999Z")).toBe("3 Nov 2026, 01:05 UTC");
});
