import {expect, test} from "vitest";
import {pseudonymsOf} from "../../loaders/site/pseudonyms.js";

const images = [
  {id: "BraTS-00001-s7", set: "brain", patient: "BraTS-00001"},
  {id: "BraTS-00001-s9", set: "brain", patient: "BraTS-00001"},
  {id: "BraTS-00002-s1", set: "brain", patient: "BraTS-00002"},
  {id: "p10/s5", set: "cxr", patient: null}
];

test("a pseudonym tells nothing of the name, is unique, and the same every time", () => {
  const names = pseudonymsOf(images);
  expect(pseudonymsOf([...images].reverse())).toEqual(names);
  expect(new Set([...names.values()].map(({id}) => id)).size).toBe(4);
  for (const {id, patient} of names.values()) {
    expect(id).toMatch(/^(brain|cxr)-\d{4}$/);
    expect(patient === null || /^brain-p\d{4}$/.test(patient)).toBe(true);
  }
});

test("images of one patient stay one patient's", () => {
  const names = pseudonymsOf(images);
  expect(names.get("BraTS-00001-s7")!.patient).toBe(names.get("BraTS-00001-s9")!.patient);
  expect(names.get("BraTS-00001-s7")!.patient).not.toBe(names.get("BraTS-00002-s1")!.patient);
  expect(names.get("p10/s5")!.patient).toBeNull();
});
