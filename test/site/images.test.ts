import {mkdirSync, mkdtempSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {expect, test} from "vitest";
import {encodePng8} from "../../loaders/images/index.js";
import {siteSource} from "../../loaders/site/images.js";

const png = encodePng8({data: new Float32Array(16).fill(0.5), width: 4, height: 4});

function tree(files: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "bandscope-images-"));
  for (const file of files) {
    mkdirSync(join(folder, file, ".."), {recursive: true});
    writeFileSync(join(folder, file), png);
  }
  return folder;
}

test("the simulated images are of four kinds and other patients than those trained on", async () => {
  const {sets, images} = siteSource({weights: [], withoutDates: false, imagesPerSet: 2});
  expect(sets.map(({id}) => id)).toEqual(["knee", "brain", "cxr", "natural"]);
  expect(sets.every(({simulated, label}) => simulated && label.includes("simulated"))).toBe(true);
  expect(images).toHaveLength(8);
  const [first] = images;
  const image = await first.read();
  expect([image.id, image.width, image.height]).toEqual([first.id, 256, 256]);
});

test("of a folder with a manifest the test split is shown, as many patients as can be", async () => {
  const names = ["p1_a", "p1_b", "p2_a", "p2_b", "p3_a"];
  const folder = tree([...names, "q"].map((name) => `brain/${name}.png`));
  const rows = names.map((name) => `brain,${name}.png,test,${name.slice(0, 2)},T1,CC0`);
  writeFileSync(
    join(folder, "manifest.csv"),
    ["set,file,split,patient_id,modality,licence", ...rows, "brain,q.png,train,p9,T1,CC0"].join("\n")
  );
  const three = siteSource({data: folder, weights: [], withoutDates: false, imagesPerSet: 3});
  expect(three.images.map(({id}) => id)).toEqual(["p1_a", "p2_a", "p3_a"]);
  expect(three.sets[0].patients).toBe(3);
  expect(three.sets[0].simulated).toBe(false);
  const four = siteSource({data: folder, weights: [], withoutDates: false, imagesPerSet: 4});
  expect(four.images.map(({id}) => id)).toEqual(["p1_a", "p1_b", "p2_a", "p3_a"]);
  expect((await four.images[1].read()).id).toBe("p1_b");
});

test("a folder without sub-folders is one set, and ids must differ between sets", () => {
  const one = siteSource({data: tree(["b10.png", "b9.png"]), weights: [], withoutDates: false, imagesPerSet: 5});
  expect(one.images.map(({id}) => id)).toEqual(["b9", "b10"]);
  expect(() =>
    siteSource({data: tree(["x/a.png", "y/a.png"]), weights: [], withoutDates: false, imagesPerSet: 5})
  ).toThrow(/a is in x and in y/);
});

test("a manifest without what is needed is named", () => {
  const folder = tree(["brain/a.png"]);
  writeFileSync(join(folder, "manifest.csv"), "set,file\nbrain,a.png\n");
  expect(() => siteSource({data: folder, weights: [], withoutDates: false, imagesPerSet: 1})).toThrow(
    /manifest.csv has no column split/
  );
  writeFileSync(join(folder, "manifest.csv"), "set,file,split\nbrain,a.png,train\n");
  expect(() => siteSource({data: folder, weights: [], withoutDates: false, imagesPerSet: 1})).toThrow(
    /no rows whose split is "test"/
  );
});
