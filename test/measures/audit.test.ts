import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {PairingAudit, type PairingReport} from "../../src/measures/audit.js";
import type {Plane} from "../../src/measures/image.js";
import {parsevalCheck} from "../../src/measures/parseval.js";
import {random} from "../../src/measures/random.js";
import {resize} from "../../src/measures/resize.js";
import {filled, map, noise, picture} from "./reference.js";

const side = 64;
const images = Array.from({length: 60}, (_, i) => picture(side, side, "audit", i));

/** SR `i` shows the image `permutation[i]`. */
function audit(
  hr: readonly Plane[],
  permutation: readonly number[],
  {
    degrade = (image: Plane) => image,
    id = (i: number) => `hr_${i}`
  }: {degrade?: (image: Plane, i: number) => Plane; id?: (i: number) => string} = {}
): PairingReport {
  const pairs = new PairingAudit();
  permutation.forEach((j, i) => {
    pairs.add(id(i), hr[i], degrade(hr[j], j));
  });
  return pairs.report();
}

function blurred(to: number) {
  return (image: Plane) => resize(resize(image, to, to, "bilinear"), image.width, image.height, "bilinear");
}

function noisy(sd: number) {
  return (image: Plane, i: number) => {
    const generator = random("audit noise", i);
    return map(image, (v) => v + sd * generator.normal());
  };
}

function range(n: number): number[] {
  return Array.from({length: n}, (_, i) => i);
}

function planted(n: number, moved: number, seed: number): number[] {
  const generator = random("planted", seed);
  const chosen = generator.shuffle(range(n)).slice(0, moved);
  const permutation = range(n);
  chosen.forEach((i, k) => {
    permutation[i] = chosen[(k + 1) % moved];
  });
  return permutation;
}

function expectFound(report: PairingReport, permutation: readonly number[]): void {
  expect(report.verdict).toBe("mispaired");
  const found = Object.fromEntries(report.mispaired.map(({id, belongsTo}) => [id, belongsTo]));
  const expected = Object.fromEntries(permutation.flatMap((j, i) => (i === j ? [] : [[`hr_${i}`, `hr_${j}`]])));
  expect(found).toEqual(expected);
}

test("a planted permutation of two to all images is found to the last one, sharp, blurred or noisy", () => {
  fc.assert(
    fc.property(
      fc.integer({min: 2, max: images.length}).chain((n) => fc.tuple(fc.constant(n), fc.integer({min: 2, max: n}))),
      fc.integer(),
      fc.constantFrom("sharp", "blurred", "noisy"),
      ([n, moved], seed, kind) => {
        const permutation = planted(n, moved, seed);
        const degrade = kind === "blurred" ? blurred(16) : kind === "noisy" ? noisy(0.2) : undefined;
        expectFound(audit(images, permutation, {degrade}), permutation);
      }
    ),
    {seed: 5, numRuns: 40}
  );
});

test("1,000 images in text order under numeric names: found, and told", () => {
  const thousand = Array.from({length: 1000}, (_, i) => picture(32, 32, "thousand", i));
  const id = (i: number) => `hr_${i}`;
  const text = range(1000).sort((a, b) => (id(a) < id(b) ? -1 : 1));
  const report = audit(thousand, text, {degrade: noisy(0.05)});
  expectFound(report, text);
  expect(report.reordering).toBe("lexicographic");
  expect(report.sentence).toMatch(/^Mispaired: 9\d\d of 1000 outputs .* text order/);

  const two = planted(1000, 2, 1);
  expectFound(audit(thousand, two), two);
});

test("beyond 1,000 images features are coarser: what is found stays, and so do the mean correlations", () => {
  const many = Array.from({length: 1200}, (_, i) => picture(33, 47, "many", i));
  const two = planted(1200, 2, 1);
  const report = audit(many, two, {degrade: noisy(0.05)});
  expectFound(report, two);
  const straight = audit(many, range(1200), {degrade: blurred(16)});
  expect(straight.verdict).toBe("paired");
  expect(straight.top1).toBeGreaterThan(0.9);

  // 600 of them twice over, as fine as they come
  const half = many.slice(0, 600);
  const fine = audit(half, range(600), {degrade: blurred(16)});
  const coarse = audit([...half, ...half], range(1200), {degrade: blurred(16)});
  expect(coarse.ownCorrelation).toBeCloseTo(fine.ownCorrelation!, 10);
  // the others are 1,199 now, of which one is the same image again
  const [own, other] = [fine.ownCorrelation!, fine.otherCorrelation!];
  expect(coarse.otherCorrelation).toBeCloseTo((own + 2 * 599 * other) / 1199, 10);
});

test("text order is told in either direction", () => {
  const text = range(images.length).sort((a, b) => (`hr_${a}` < `hr_${b}` ? -1 : 1));
  const inverse = range(images.length);
  text.forEach((j, i) => {
    inverse[j] = i;
  });
  for (const order of [text, inverse]) expect(audit(images, order).reordering).toBe("lexicographic");
});

test("shifted and reversed names are told apart from others", () => {
  const n = images.length;
  expect(
    audit(
      images,
      range(n).map((i) => (i + 3) % n)
    ).reordering
  ).toBe("shifted");
  expect(audit(images, range(n).reverse()).reordering).toBe("reversed");
  expect(audit(images, planted(n, n, 9)).reordering).toBe("other");
  expect(audit(images, range(n)).reordering).toBeNull();
});

describe("it does not cry wolf", () => {
  const n = images.length;

  test.each([32, 16, 8, 4, 2])("over images blurred to %i pixels a side", (to) => {
    expect(audit(images, range(n), {degrade: blurred(to)}).verdict).toBe("paired");
  });

  test("over images whose contrast and brightness changed, each in its own way", () => {
    const degrade = (image: Plane, i: number) => {
      const generator = random("contrast", i);
      const gain = generator.between(0.3, 1);
      const offset = generator.between(0, 0.3);
      return map(image, (v) => gain * v + offset);
    };
    expect(audit(images, range(n), {degrade}).verdict).toBe("paired");
  });

  test("over neighbouring slices that noise makes exchangeable", () => {
    const base = picture(side, side, "patient");
    const slices = range(30).map((i) => {
      const detail = noise(side, side, "slice", i);
      return map(base, (v, k) => v + 0.002 * detail.data[k]);
    });
    expect(audit(slices, range(30), {degrade: noisy(0.1)}).mispaired).toEqual([]);
  });

  test("over tiny neighbouring slices, of which noise always makes some fit better elsewhere", () => {
    const base = picture(6, 6, "tiny patient");
    const slices = range(60).map((i) => {
      const detail = noise(6, 6, "tiny slice", i);
      return map(base, (v, k) => v + 0.01 * detail.data[k]);
    });
    expect(audit(slices, range(60), {degrade: noisy(0.1)}).mispaired).toEqual([]);
  });

  test("over images of one shape whose contrast was exchanged", () => {
    const shape = picture(side, side, "shape");
    const hr = [0.2, 0.6].map((gain, i) => {
      const detail = noise(side, side, "shape", i);
      return map(shape, (v, k) => 0.2 + gain * v + 0.01 * detail.data[k]);
    });
    const degrade = (image: Plane, i: number) => map(image, (v) => (v - 0.2) * (i === 0 ? 3 : 1 / 3) + 0.2);
    expect(audit(hr, [0, 1], {degrade}).mispaired).toEqual([]);
  });

  test("over copies of one image under many names", () => {
    expect(
      audit(
        range(20).map(() => images[0]),
        range(20)
      ).mispaired
    ).toEqual([]);
  });
});

test("SR images that show none of the HR images are unrelated, not paired", () => {
  const report = audit(images, range(images.length), {degrade: (_, i) => picture(side, side, "elsewhere", i)});
  expect(["unrelated", "mispaired"]).toContain(report.verdict);
  expect(report.sentence).toMatch(/^Mispaired/);
  const alike = audit(images, range(images.length), {degrade: () => images[7]});
  expect(alike.verdict).toBe("unrelated");
});

test("constant images, one pair, images of different sizes: nothing is judged that cannot be", () => {
  const pairs = new PairingAudit();
  pairs.add("flat", filled(side, side, 0.5), images[0]);
  pairs.add("black", images[0], filled(side, side));
  pairs.add("lone", picture(32, 48), picture(32, 48));
  pairs.add("dot", filled(1, 1, 0.2), filled(1, 1, 0.3));
  expect(pairs.report()).toMatchObject({
    verdict: "undecided",
    n: 0,
    top1: null,
    ownCorrelation: null,
    mispaired: [],
    skipped: [
      {id: "flat", reason: "HR is constant"},
      {id: "black", reason: "SR is constant"},
      {id: "dot", reason: "HR and SR is constant"},
      {id: "lone", reason: "is the only image of its size"}
    ]
  });
  expect(() => pairs.add("sizes", images[0], picture(32, 32))).toThrow("one size, not 64×64 and 32×32");
  expect(() => pairs.add("nan", images[0], filled(side, side, Number.NaN))).toThrow("finite");
  expect(() => pairs.add("small", filled(3, 3), filled(3, 3, Infinity))).toThrow("image must hold finite numbers only");
  expect(new PairingAudit().report().verdict).toBe("undecided");
});

describe("Parseval's bound on a published LL3 PSNR", () => {
  test("PSNR 25.3 dB forbids an LL3 of 14.5 dB for any image brighter than 0.29 in some block", () => {
    const check = parsevalCheck(25.3, 14.5, 0.8);
    expect(check.bound).toBeCloseTo(25.3 + 20 * Math.log10(0.8), 12);
    expect(check.contradiction).toBe(true);
    expect(check.largestPossiblePeak).toBeCloseTo(0.2884, 4);
    expect(parsevalCheck(25.3, 14.5, 0.28).contradiction).toBe(false);
    expect(parsevalCheck(25.3, 42, 0.8)).toMatchObject({contradiction: false, largestPossiblePeak: 1});
  });

  test("peaks and decibels out of range are refused", () => {
    expect(() => parsevalCheck(25, 14, 0)).toThrow("peak must lie in (0, 1], not 0");
    expect(() => parsevalCheck(Number.NaN, 14, 1)).toThrow("psnr must be a finite number");
    expect(() => parsevalCheck(Infinity, 14, 1)).toThrow("psnr must be a finite number");
  });
});
