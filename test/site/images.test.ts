import {mkdirSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {expect, test} from "vitest";
import {openDataset} from "../../loaders/datasets/open.js";
import {encodePng8} from "../../loaders/images/index.js";
import {simulatedSets, siteSource} from "../../loaders/site/images.js";
import {temporaryFolder} from "../support/temporary.js";

const png = encodePng8({data: new Float32Array(16).fill(0.5), width: 4, height: 4});

function tree(files: readonly string[]): string {
  const folder = temporaryFolder();
  for (const file of files) {
    mkdirSync(join(folder, file, ".."), {recursive: true});
    writeFileSync(join(folder, file), png);
  }
  return folder;
}

test("the simulated images are test patients of the datasets, some with a lesion", async () => {
  const {sets, images} = siteSource({weights: [], withoutDates: false, imagesPerSet: 3});
  expect(sets.map(({id}) => id)).toEqual(["knee", "brain", "cxr", "natural"]);
  expect(sets.every(({simulated, label}) => simulated && label.includes("simulated"))).toBe(true);
  expect(images).toHaveLength(12);
  for (const {set, dataset, lesions} of simulatedSets.map((one) => ({...one, set: one.id}))) {
    const own = images.filter((image) => image.set === set);
    const entries = [dataset, ...(lesions ? [lesions] : [])].flatMap((name) => [...openDataset(name).list()]);
    expect(own.map(({id}) => entries.find((entry) => entry.id === id)?.split)).toEqual(["test", "test", "test"]);
    expect(new Set(own.map(({patient}) => patient)).size).toBe(3);
    const pixels = await own[2].read();
    expect([pixels.id, pixels.width, pixels.height]).toEqual([own[2].id, 128, 128]);
    expect(pixels.mask?.includes(1) ?? false).toBe(lesions !== undefined);
  }
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
