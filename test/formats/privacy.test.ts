import {mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {gzipSync} from "node:zlib";
import {afterAll, describe, expect, it} from "vitest";
import {readVolume, slice, toUnitRange} from "../../loaders/formats/index.js";
import {encodeNpy, encodePng8, encodePng16} from "../../loaders/images/index.js";
import {dicomFile, element, metaImageFile, niftiFile, nrrdFile, pattern, sequence} from "./support/samples.js";

const folder = mkdtempSync(join(tmpdir(), "bandscope-privacy-"));
afterAll(() => rmSync(folder, {recursive: true}));
const secret = "DOE^JANE";
const voxels = pattern(6, 5, 1);
const text = (value: string) => new TextEncoder().encode(value);

const identifying = {
  before: [
    element(8, 5, "CS", "ISO_IR 100"),
    element(8, 0x18, "UI", "1.2.3.4.5"),
    element(8, 0x20, "DA", "19700101"),
    element(8, 0x50, "SH", secret)
  ],
  middle: [
    element(8, 0x80, "LO", `${secret} HOSPITAL`),
    element(8, 0x90, "PN", secret),
    element(8, 0x1030, "LO", secret),
    element(9, 0x10, "LO", `PRIVATE ${secret}`),
    element(9, 0x1001, "LT", secret),
    element(0x10, 0x10, "PN", secret),
    element(0x10, 0x20, "LO", secret),
    element(0x10, 0x30, "DA", "19700101"),
    element(0x10, 0x1040, "LO", secret),
    element(0x10, 0x4000, "LT", secret),
    element(0x20, 0x0e, "UI", "1.2.3.4.5"),
    element(0x20, 0x10, "SH", secret),
    element(0x20, 0x4000, "LT", secret)
  ],
  after: [
    element(0x28, 0x1055, "LO", secret),
    sequence(0x40, 0x275, [[element(0x40, 7, "LO", secret)]]),
    element(0x7fe1, 0x10, "LO", secret)
  ]
};

const files: Record<string, Uint8Array> = {
  DICOM: dicomFile(voxels, 5, 6, {...identifying, after: identifying.after.slice(0, 2)}),
  "DICOM whose modality and photometric interpretation are a name": dicomFile(voxels, 5, 6, {
    middle: [element(8, 0x60, "CS", secret), element(0x10, 0x10, "PN", secret)]
  }),
  NIfTI: niftiFile({shape: [6, 5, 1], data: voxels, description: secret}),
  "NIfTI-2, zipped": gzipSync(niftiFile({shape: [6, 5, 1], data: voxels, description: secret, version: 2})),
  NRRD: replaced(nrrdFile(voxels, [6, 5, 1]), "kinds:", `content: ${secret}\n# ${secret}\nname:=${secret}\nkinds:`),
  MetaImage: replaced(metaImageFile(voxels, [6, 5, 1]), "NDims", `Comment = ${secret}\nPatientName = ${secret}\nNDims`)
};

describe("what tells of a patient", () => {
  it.each(Object.entries(files))("in %s gets into no output", async (name, bytes) => {
    expect(Buffer.from(name.includes("zipped") ? "" : bytes).includes(secret)).toBe(!name.includes("zipped"));
    const path = join(folder, "input");
    writeFileSync(path, bytes);
    const volume = await readVolume(path);
    const {data, ...facts} = volume;
    const plane = toUnitRange(slice(volume, volume.sliceAxis, 0), "minmax", {volume});
    const outputs = [
      text(JSON.stringify(facts)),
      text(String(Object.keys(volume))),
      new Uint8Array(data.buffer),
      encodePng8(plane),
      encodePng16(plane),
      encodeNpy(plane.data as Float32Array, [plane.height, plane.width])
    ];
    for (const output of outputs) {
      for (const word of [secret, "DOE", "JANE", "HOSPITAL", "19700101", "1.2.3.4.5"]) {
        expect(Buffer.from(output).includes(word)).toBe(false);
      }
    }
  });

  it("doesn't get into an error either", async () => {
    const good = dicomFile(voxels, 5, 6, {...identifying, after: []});
    const path = join(folder, "damaged");
    let refused = 0;
    // every element's value and length in turn, and every cut
    for (let at = 132; at < good.length; at += 3) {
      const damaged = good.slice();
      damaged.fill(0x4a, at, at + 2);
      for (const bytes of [damaged, good.subarray(0, at)]) {
        writeFileSync(path, bytes);
        await readVolume(path).catch((error: Error) => {
          refused++;
          expect(error.message).not.toMatch(/DOE|JANE|HOSPITAL|19700101|1\.2\.3\.4\.5/);
        });
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});

function replaced(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const whole = Buffer.from(bytes).toString("latin1");
  expect(whole).toContain(from);
  return new Uint8Array(Buffer.from(whole.replace(from, to), "latin1"));
}
