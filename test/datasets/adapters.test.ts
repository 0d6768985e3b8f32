import {symlinkSync} from "node:fs";
import {join} from "node:path";
import {gzipSync} from "node:zlib";
import {describe, expect, it} from "vitest";
import {publishedSlices} from "../../loaders/datasets/adapters/brats.js";
import {checkDataset, pixelSha256} from "../../loaders/datasets/check.js";
import type {Dataset} from "../../loaders/datasets/dataset.js";
import {ADAPTER_NAMES, openDataset} from "../../loaders/datasets/open.js";
import type {Sample} from "../../loaders/datasets/sample.js";
import {writeDataset} from "../../loaders/datasets/write.js";
import type {Volume} from "../../loaders/formats/index.js";
import {hasShared, shared} from "../support/shared.js";
import {temporaryFolder} from "../support/temporary.js";
import {niftiOf, npyOfBytes, pngOf, writeTree} from "./support/trees.js";

const folder = temporaryFolder();
const all = async (dataset: Dataset) => {
  const samples: Sample[] = [];
  for await (const sample of dataset.samples) samples.push(sample);
  return samples;
};
const ids = (dataset: Dataset) => dataset.list().map((entry) => entry.id);

describe("folder", () => {
  const root = writeTree(join(folder, "plain"), {
    "b/img10.png": pngOf("b10"),
    "b/img2.png": pngOf("b2"),
    "a/img2.PNG": pngOf("a2"),
    "a/notes.txt": "no image",
    "a/.hidden.png": "no image either",
    "masks/a/img2.png": pngOf("mask")
  });

  it("finds images at any depth in natural order, with ids that keep sub-folders apart", () => {
    const dataset = openDataset(`folder:${root},masks=masks`);
    expect(ids(dataset)).toEqual(["a__img2", "b__img2", "b__img10"]);
    expect(dataset.count).toBe(3);
  });

  it("finds patients by a regular expression", () => {
    const dataset = openDataset(`folder:${root},patient=^([^/]+)/,masks=masks`);
    expect(dataset.list().map((entry) => entry.patient)).toEqual(["a", "b", "b"]);
    expect(
      new Set(
        dataset
          .list()
          .filter((entry) => entry.patient === "b")
          .map((entry) => entry.split)
      ).size
    ).toBe(1);
    expect(() => openDataset(`folder:${root},patient=(img10)`)).toThrow(/finds no patient in /);
    expect(() => openDataset(`folder:${root},patient=(`)).toThrow(/not a regular expression/);
  });

  it("finds patients and splits in a CSV file", () => {
    writeTree(root, {
      "who.csv":
        "file,patient,split\nb/img10.png,p1,test\nb/img2.png,p1,test\na/img2.PNG,p2,val\nmasks/a/img2.png,p3,train\n"
    });
    const dataset = openDataset(`folder:${root},patient=who.csv,masks=masks`);
    expect(dataset.list().map(({patient, split}) => `${patient} ${split}`)).toEqual(["p2 valid", "p1 test", "p1 test"]);
    writeTree(root, {"leak.csv": "file,patient,split\nb/img10.png,p1,test\nb/img2.png,p1,train\na/img2.PNG,p2,val\n"});
    expect(() => openDataset(`folder:${root},patient=leak.csv,masks=masks`)).toThrow(
      /leaks between its splits: 1 patient .*p1/
    );
    writeTree(root, {"short.csv": "file,patient\nb/img10.png,p1\n"});
    expect(() => openDataset(`folder:${root},patient=short.csv,masks=masks`)).toThrow(/doesn't say which patient/);
    writeTree(root, {"odd.csv": "name,who\nx,y\n"});
    expect(() => openDataset(`folder:${root},patient=odd.csv,masks=masks`)).toThrow(/no column file or id/);
  });

  it("reads masks of the same name, and refuses those of another size", async () => {
    const [first, second] = await all(openDataset(`folder:${root},masks=masks`));
    expect(first.mask?.length).toBe(first.data.length);
    expect(second.mask).toBeUndefined();
    const wrong = writeTree(join(folder, "wrong-mask"), {"x.png": pngOf("x"), "m/x.png": pngOf("m", 16)});
    await expect(openDataset(`folder:${wrong},masks=m`).read("x")).rejects.toThrow(
      /the mask .* is 16×16, its image .* 32×32/
    );
  });

  it("takes first folders that are called train, valid and test for the splits", () => {
    const root = writeTree(join(folder, "split"), {
      "train/p1_a.png": pngOf("1"),
      "val/p2_a.png": pngOf("2"),
      "TEST/p3_a.png": pngOf("3")
    });
    expect(
      openDataset(root)
        .list()
        .map(({id, split}) => `${id} ${split}`)
    ).toEqual(["TEST__p3_a test", "train__p1_a train", "val__p2_a valid"]);
    const leaky = writeTree(join(folder, "leaky"), {"train/p1_a.png": pngOf("1"), "test/p1_b.png": pngOf("2")});
    expect(() => openDataset(`folder:${leaky},patient=(p\\d)`)).toThrow(/leaks/);
  });

  it("keeps everyone's split when images are added", () => {
    const root = writeTree(
      join(folder, "grow"),
      Object.fromEntries(Array.from({length: 12}, (_, i) => [`p${i}.png`, pngOf("same")]))
    );
    const before = openDataset(root)
      .list()
      .map(({id, split}) => [id, split] as const);
    writeTree(root, Object.fromEntries(Array.from({length: 12}, (_, i) => [`new${i}.png`, pngOf("same")])));
    const after = new Map(
      openDataset(root)
        .list()
        .map(({id, split}) => [id, split] as const)
    );
    for (const [id, split] of before) expect(after.get(id)).toBe(split);
  });

  it("crops to the middle square and resizes when asked", async () => {
    const root = writeTree(join(folder, "wide"), {"x.png": pngOf("wide", 60, 40)});
    const [sample] = await all(openDataset(`folder:${root},size=16`));
    expect([sample.width, sample.height]).toEqual([16, 16]);
  });

  it("says in a sentence what is wrong", () => {
    expect(() => openDataset(writeTree(join(folder, "empty"), {"a.txt": ""}))).toThrow(/holds no images/);
    expect(() => openDataset(join(folder, "absent"))).toThrow(/there is no dataset .*simulated-brain/);
    expect(() => openDataset(`folder:${root},colour=red`)).toThrow(
      /the adapter folder has no option "colour"; it has root, patient/
    );
    expect(() => openDataset(`folder:${join(root, "a/notes.txt")}`)).toThrow(
      /is a file where a dataset's folder was expected/
    );
  });

  it("doesn't follow links in circles", () => {
    const root = writeTree(join(folder, "circle"), {"x.png": pngOf("x")});
    symlinkSync(root, join(root, "again"));
    expect(() => openDataset(root)).not.toThrow();
  });
});

describe("mrnet", () => {
  const series = (count: number, grey: (slice: number) => number) =>
    npyOfBytes(
      Uint8Array.from({length: count * 64}, (_, k) => grey(Math.floor(k / 64))),
      [count, 8, 8]
    );
  const root = writeTree(join(folder, "MRNet-v1.0"), {
    "train/sagittal/0000.npy": series(5, (s) => 10 * s),
    "train/axial/0000.npy": series(3, () => 9),
    "valid/sagittal/1130.npy": series(4, (s) => 50 * s),
    "train-acl.csv": "0000,1\n"
  });

  it("takes the middle sagittal slice of each examination, in the published split", async () => {
    for (const given of [root, folder]) {
      const dataset = openDataset(`mrnet:${given}`);
      expect(dataset.list().map(({id, patient, split}) => `${id} ${patient} ${split}`)).toEqual([
        "sagittal_0000_middle mrnet-0000 train",
        "sagittal_1130_middle mrnet-1130 valid"
      ]);
      const [first, second] = await all(dataset);
      expect(first.data[0]).toBeCloseTo(20 / 255, 6);
      expect(second.data[0]).toBeCloseTo(100 / 255, 6);
      expect([first.width, first.height]).toEqual([8, 8]);
    }
    expect(openDataset(root).id).toBe("mrnet");
    expect(openDataset(`mrnet:${root},plane=axial`).count).toBe(1);
  });

  it("understands upper case and nested folders", () => {
    const odd = writeTree(join(folder, "odd-mrnet"), {"TRAIN/Sagittal/batch1/0001.NPY": series(3, () => 1)});
    expect(ids(openDataset(odd))).toEqual(["sagittal_0001_middle"]);
  });

  it("says what is missing or misshapen", async () => {
    expect(() => openDataset(`mrnet:${writeTree(join(folder, "no-mrnet"), {"x.txt": ""})}`)).toThrow(
      /isn't MRNet: there is no train\/sagittal/
    );
    const flat = writeTree(join(folder, "flat-mrnet"), {
      "train/sagittal/0000.npy": npyOfBytes(new Uint8Array(64), [8, 8])
    });
    await expect(openDataset(flat).read("sagittal_0000_middle")).rejects.toThrow(
      /has the shape \(8, 8\); an MRNet series is slices/
    );
  });
});

describe("brats", () => {
  const shape = [12, 10, 16] as const;
  // a bright column per slice height, so that each slice has a signal; the tumour is largest at z = 9
  const brain = (x: number, y: number, z: number) => (x > 3 && x < 8 && y > 2 && y < 8 ? 100 + 10 * z + x : 0);
  const tumour = (x: number, y: number, z: number) =>
    z >= 8 && z <= 10 && x >= 4 && x <= (z === 9 ? 7 : 5) && y >= 3 && y <= 6 ? 2 : 0;
  const root = writeTree(join(folder, "BraTS"), {
    "BraTS-GLI-00001-000/BraTS-GLI-00001-000-t2w.nii.gz": niftiOf(shape, brain, {gzip: true}),
    "BraTS-GLI-00001-000/BraTS-GLI-00001-000-seg.nii.gz": niftiOf(shape, tumour, {gzip: true}),
    "BraTS-GLI-00001-001/BraTS-GLI-00001-001-t2w.nii.gz": niftiOf(shape, brain, {gzip: true}),
    // nested, as some mirrors unpack it
    "BraTS-GLI-00002-000/BraTS-GLI-00002-000-t2w.nii/00000057_brain_t2.nii": niftiOf(shape, brain),
    "BraTS-GLI-00002-000/BraTS-GLI-00002-000-seg.nii/00000057_final_seg.nii": niftiOf(shape, tumour),
    // 2020 names in upper case
    "BRATS20_TRAINING_003/BRATS20_TRAINING_003_T2.NII": niftiOf(shape, brain),
    "BRATS20_TRAINING_003/BRATS20_TRAINING_003_FLAIR.NII": niftiOf(shape, (x, y, z) => 2 * brain(x, y, z)),
    "README/notes.txt": ""
  });

  it("finds volumes in every layout, with masks, and draws the published slices", async () => {
    const dataset = openDataset(`brats:${root},slices=4,size=24`);
    expect(dataset.count).toBe(16);
    expect(openDataset(root).id).toBe("brats");
    const samples = await all(dataset);
    for (const sample of samples) {
      expect([sample.width, sample.height]).toEqual([24, 24]);
      expect(Math.max(...sample.data)).toBeGreaterThan(0.9);
    }
    const nested = samples.filter((sample) => sample.patient.includes("00002"));
    expect(nested.map((sample) => sample.id)).toEqual([0, 1, 2, 3].map((i) => `brats_BraTS-GLI-00002-000_z0${i}`));
    expect(nested.every((sample) => sample.mask?.length === 24 * 24)).toBe(true);
    expect(samples.find((sample) => sample.id.includes("BRATS20"))?.mask).toBeUndefined();
  });

  it("draws slices of the middle half with a signal, the same ones every time", () => {
    const volume = {
      shape: [2, 2, 155],
      data: Float32Array.from({length: 4 * 155}, (_, k) => (k % 4 === 0 ? 100 : 0)),
      orientation: "RAS"
    } as unknown as Volume;
    // sorted(random.Random(42).sample(range(38, 116), 20)) in CPython
    expect(publishedSlices(volume, 20)).toEqual([
      39, 41, 42, 49, 50, 51, 52, 55, 65, 66, 67, 69, 70, 73, 76, 92, 107, 108, 113, 114
    ]);
  });

  it("takes slices around the largest tumour when asked, and the mask is there", async () => {
    const dataset = openDataset(`brats:${root},rule=tumour,slices=3,size=24`);
    const [first, second, third] = await all(dataset).catch(() => [] as Sample[]);
    // the second subject has no segmentation
    expect(first).toBeUndefined();
    const with1 = await Promise.all([0, 1, 2].map((i) => dataset.read(`brats_BraTS-GLI-00001-000_z0${i}`)));
    const areas = with1.map(({mask}) => mask!.reduce((sum, v) => sum + v, 0));
    expect(areas[1]).toBeGreaterThan(areas[0]);
    expect(areas[1]).toBeGreaterThan(areas[2]);
    expect([second, third]).toEqual([undefined, undefined]);
    await expect(dataset.read("brats_BRATS20_TRAINING_003_z00")).rejects.toThrow(/needs a segmentation/);
  });

  it("keeps the visits of a person together unless the published split is asked for", () => {
    const byPerson = openDataset(`brats:${root}`, {split: {seed: 1}});
    const visits = byPerson.list().filter((entry) => entry.patient === "BraTS-GLI-00001");
    expect(visits.length).toBe(40);
    expect(new Set(visits.map((entry) => entry.split)).size).toBe(1);
    expect(openDataset(`brats:${root}`).rule).toMatch(/visits count as subjects/);
    expect(openDataset(`brats:${root},sequence=t2f`).count).toBe(20);
  });

  it("is shown upright: front above, the patient's right on the left", async () => {
    const one = writeTree(join(folder, "upright"), {
      // bright at high x (right → left side of the patient is low x in RAS: x grows to the right), high y (front)
      "BraTS-1/BraTS-1-t2w.nii.gz": niftiOf([8, 8, 8], (x, y) => (x >= 6 && y >= 6 ? 500 : x + y), {gzip: true})
    });
    const {data} = await openDataset(`brats:${one},slices=1,size=8`).read("brats_BraTS-1_z00");
    expect(data[0]).toBe(1);
  });
});

describe("mimic-cxr", () => {
  const root = writeTree(join(folder, "mimic"), {
    "files/p10/p10000032/s50414267/aaa.jpg": pngOf("aaa", 48, 40),
    "files/p10/p10000032/s50414267/lat.jpg": pngOf("lat", 48, 40),
    "files/p10/p10000032/s53189527/bbb.jpg": pngOf("bbb", 48, 40),
    "files/p11/p11000011/s51029426/ccc.jpg": pngOf("ccc", 40, 48),
    "mimic-cxr-2.0.0-metadata.csv.gz": gzipSync(
      "dicom_id,subject_id,study_id,ViewPosition\naaa,10000032,50414267,PA\nlat,10000032,50414267,LATERAL\nbbb,10000032,53189527,AP\nccc,11000011,51029426,AP\ngone,11000011,51029426,PA\n"
    ),
    "mimic-cxr-2.0.0-split.csv":
      "dicom_id,study_id,subject_id,split\naaa,50414267,10000032,train\nlat,50414267,10000032,train\nbbb,53189527,10000032,train\nccc,51029426,11000011,validate\n",
    "mimic-cxr-2.0.0-chexpert.csv":
      "subject_id,study_id,Edema\n10000032,50414267,1.0\n10000032,53189527,0.0\n11000011,51029426,1.0\n"
  });

  it("takes the frontal views that are there, with patients and the published split", async () => {
    const dataset = openDataset(root);
    expect(dataset.id).toBe("mimic-cxr");
    expect(dataset.list().map(({id, patient, split, modality}) => `${id} ${patient} ${split} ${modality}`)).toEqual([
      "p10000032_s50414267_aaa mimic-p10000032 train chest X-ray PA",
      "p10000032_s53189527_bbb mimic-p10000032 train chest X-ray AP",
      "p11000011_s51029426_ccc mimic-p11000011 valid chest X-ray AP"
    ]);
    const samples = await all(openDataset(`mimic-cxr:${root},size=32`));
    expect(samples.map(({width, height}) => [width, height])).toEqual([
      [32, 32],
      [32, 32],
      [32, 32]
    ]);
  });

  it("selects by finding, by view and by number per patient", () => {
    expect(ids(openDataset(`mimic-cxr:${root},finding=Edema`))).toEqual([
      "p10000032_s50414267_aaa",
      "p11000011_s51029426_ccc"
    ]);
    expect(openDataset("mimic-cxr:x", {root, views: ["lateral"]}).count).toBe(1);
    expect(openDataset(`mimic-cxr:${root},perPatient=1`).count).toBe(2);
    expect(() => openDataset(`mimic-cxr:${root},finding=Fracture`)).toThrow(/no column Fracture/);
  });

  it("says what is missing", () => {
    const bare = writeTree(join(folder, "bare-mimic"), {"files/p10/x.txt": ""});
    expect(() => openDataset(`mimic-cxr:${bare}`)).toThrow(/no metadata table/);
  });
});

describe("volume", () => {
  const shape = [6, 8, 10] as const;
  const root = writeTree(join(folder, "volumes"), {
    "sub1/T2.nii.gz": niftiOf(shape, (_x, _y, z) => z * 10, {gzip: true}),
    "sub2/T2.nii": niftiOf(shape, (x) => x)
  });

  it("takes slices by rule, with one grey scale a volume", async () => {
    const dataset = openDataset(root);
    expect(ids(dataset)).toEqual(["sub1__T2", "sub2__T2"]);
    const spread = openDataset(`volume:${root},slices=5,window=minmax,patient=^([^/]+)`);
    expect(spread.count).toBe(10);
    expect(spread.list()[0].patient).toBe("sub1");
    const samples = await all(spread);
    // slices 1, 3, 5, 7, 9 of 10; grey 10…90 of 0…90
    expect(samples.slice(0, 5).map(({data}) => Math.round(data[0] * 9))).toEqual([1, 3, 5, 7, 9]);
    expect([samples[0].width, samples[0].height]).toEqual([6, 8]);
    const middle = openDataset(`volume:${root},slices=1,window=minmax`, {range: [0.5, 1]});
    expect(Math.round((await middle.read("sub1__T2")).data[0] * 9)).toBe(7);
  });

  it("refuses rules that make no sense", () => {
    expect(() => openDataset(`volume:${root},slices=0`)).toThrow(/slices must be "middle" or a whole number/);
    expect(() => openDataset(`volume:${root}`, {range: [0.8, 0.2]})).toThrow(/two rising fractions/);
    expect(() => openDataset(`volume:${root},window=purple`)).toThrow(/isn't understood/);
  });
});

describe("simulated", () => {
  it("computes samples when they are read, patients and splits like any dataset", async () => {
    const dataset = openDataset("simulated:knee,patients=3,slices=2,size=32,lesion,seed=5");
    expect(dataset.simulated).toBe(true);
    expect(dataset.count).toBe(6);
    const samples = await all(dataset);
    expect(samples.map(({id}) => id)).toEqual(ids(dataset));
    for (const sample of samples) {
      expect(sample.simulated).toBe(true);
      expect(sample.mask?.includes(1)).toBe(true);
      expect(sample.lesion).toBeDefined();
      expect(sample.modality).toBe("simulated knee MRI sagittal PDFS");
    }
    for (const kind of ["brain", "cxr", "natural"]) {
      const [entry] = openDataset(`simulated:${kind},patients=1,slices=1,size=16`).list();
      expect(entry.modality).toBe(
        (await openDataset(`simulated:${kind},patients=1,slices=1,size=16`).read(entry.id)).modality
      );
    }
    expect(await dataset.read(samples[3].id)).toEqual(samples[3]);
  });

  it("is listed at once however large", () => {
    // rendering 80,000 images would take more than an hour
    const cpu = process.cpuUsage();
    expect(openDataset("simulated:brain,patients=20000").count).toBe(80000);
    expect(process.cpuUsage(cpu).user).toBeLessThan(10e6);
  });

  it("refuses what makes no sense", () => {
    expect(() => openDataset("simulated:liver")).toThrow(/there is no phantom "liver"/);
    expect(() => openDataset("simulated:brain,slices=50")).toThrow(/slices must be a whole number from 1 to 20/);
    expect(() => openDataset("simulated:cxr,contrast=T2")).toThrow(/cxr phantom has no contrast/);
    expect(() => openDataset("simulated:brain,,")).toThrow(/empty option/);
  });
});

describe("manifest", () => {
  it("reads back what was written, byte for byte, and every hash holds", async () => {
    const dataset = openDataset("simulated:brain,patients=3,slices=1,size=48,lesion,seed=9");
    const out = join(folder, "written");
    await writeDataset(dataset, out);
    await expect(writeDataset(dataset, out)).rejects.toThrow(/holds files already/);
    const back = openDataset(out);
    expect(back.simulated).toBe(true);
    expect(ids(back)).toEqual(ids(dataset));
    const [a, b] = [await all(dataset), await all(back)];
    for (const [i, sample] of b.entries()) {
      expect(sample.patient).toBe(a[i].patient);
      expect(sample.split).toBe(a[i].split);
      expect(sample.simulated).toBe(true);
      expect(pixelSha256(sample)).toBe(pixelSha256(a[i]));
      expect(sample.mask).toEqual(a[i].mask);
    }
    expect((await checkDataset(back)).problems).toEqual([]);
  });

  it("reports pixels that aren't the promised ones", async () => {
    const root = writeTree(join(folder, "forged"), {
      "x.png": pngOf("x"),
      "manifest.csv": `file,patient,split,pixel_sha256\nx.png,p,train,${"0".repeat(64)}\n`
    });
    const {problems} = await checkDataset(openDataset(root));
    expect(problems.map(({kind}) => kind)).toEqual(["hash"]);
  });

  it("keeps to its folder and says what is wrong", () => {
    const bad = (name: string, text: string) => () =>
      openDataset(writeTree(join(folder, name), {"manifest.csv": text, "x.png": pngOf("x")}));
    expect(bad("outside", "file,patient\n../../x.png,p\n")).toThrow(/outside its folder/);
    expect(bad("nofile", "image,patient\nx.png,p\n")).toThrow(/no column file/);
    expect(bad("badsplit", "file,patient,split\nx.png,p,sometimes\n")).toThrow(
      /split of x\.png is "sometimes"; it must be train, valid or test/
    );
    expect(bad("leak", "file,patient,split\nx.png,p,train\ny.png,p,test\n")).toThrow(/leaks/);
    expect(bad("badhash", "file,pixel_sha256\nx.png,abc\n")).toThrow(/isn't 64 hexadecimal digits/);
    expect(bad("norows", "file\n")).toThrow(/has no rows/);
  });

  it.skipIf(!hasShared)("reads the shared images: sets, splits, patients, masks", async () => {
    const dataset = openDataset(shared("data"));
    expect(dataset.count).toBe(1086);
    const brain = openDataset(`manifest:${shared("data")},set=brain`);
    expect(brain.count).toBe(406);
    expect((await brain.read("brain_mscross07_FLAIR_z052")).mask?.includes(1)).toBe(true);
    expect(() => openDataset(`manifest:${shared("data")},set=liver`)).toThrow(/has no set "liver"; it has/);
    const sample = await dataset.read("cxr_nih00000150_002");
    expect(pixelSha256(sample)).toBe("2fbaa94a8a25b9a39670543526ab86a3a1b10010c976031d8f633aa5fd5356d1");
  });
});

describe("definitions", () => {
  it("that ship can be read", () => {
    for (const kind of ["brain", "knee", "cxr", "natural", "brain-lesion", "knee-lesion", "cxr-lesion"]) {
      const dataset = openDataset(`simulated-${kind}`);
      expect(dataset.id).toBe(`simulated-${kind}`);
      expect(dataset.title).toMatch(/simulated/);
    }
  });

  it("of one's own are checked", () => {
    const write = (name: string, text: string) => join(writeTree(folder, {[name]: text}), name);
    const root = join(folder, "defined");
    writeTree(root, {"p1.png": pngOf("1")});
    expect(openDataset(write("mine.json", JSON.stringify({id: "mine", adapter: "folder", root: "defined"}))).id).toBe(
      "mine"
    );
    expect(() => openDataset(write("broken.json", "{"))).toThrow(/broken\.json is not JSON/);
    expect(() => openDataset(write("none.json", "{}"))).toThrow(new RegExp(`has no "adapter"; .*${ADAPTER_NAMES[0]}`));
    expect(() => openDataset(write("other.json", '{"adapter": "zip"}'))).toThrow(/names the adapter "zip"; there are/);
    expect(() => openDataset(write("rootless.json", '{"adapter": "folder"}'))).toThrow(
      /doesn't say where the data are/
    );
  });
});
