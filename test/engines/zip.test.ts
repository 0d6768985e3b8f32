import {mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {buffer} from "node:stream/consumers";
import fc from "fast-check";
import JSZip from "jszip";
import {afterAll, beforeAll, describe, expect, it} from "vitest";
import {sha256} from "../../loaders/files.js";
import {parseRequirements, unpackWheel} from "../../loaders/native/wheel.js";
import {listZip, openZipEntry, unpackZipEntry} from "../../loaders/native/zip.js";
import {InputError} from "../../models/errors.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "bandscope-zip-"));
});
afterAll(() => rmSync(folder, {recursive: true, force: true}));

async function write(name: string, files: Record<string, Uint8Array | string>, compression: "STORE" | "DEFLATE") {
  const zip = new JSZip();
  for (const [file, content] of Object.entries(files)) zip.file(file, content);
  const path = join(folder, name);
  writeFileSync(path, await zip.generateAsync({type: "nodebuffer", compression}));
  return path;
}

describe("listZip and openZipEntry", () => {
  it("give back what was put in, stored or deflated", async () => {
    const content = fc.dictionary(fc.stringMatching(/^[a-zä]{1,8}$/), fc.uint8Array({maxLength: 500}), {maxKeys: 5});
    await fc.assert(
      fc.asyncProperty(content, fc.constantFrom("STORE" as const, "DEFLATE" as const), async (files, compression) => {
        const path = await write("property.zip", files, compression);
        const entries = listZip(path);
        expect(entries.map(({name}) => name).sort()).toEqual(Object.keys(files).sort());
        for (const entry of entries) {
          expect(entry.bytes).toBe(files[entry.name].length);
          expect(new Uint8Array(await buffer(openZipEntry(path, entry)))).toEqual(files[entry.name]);
        }
      }),
      {seed: 1, numRuns: 40}
    );
  });

  it("refuse an archive that was cut off", async () => {
    const path = await write("whole.zip", {a: new Uint8Array(5000).map((_, i) => (i * i) % 251)}, "DEFLATE");
    const cut = join(folder, "cut.zip");
    writeFileSync(cut, readFileSync(path).subarray(0, 300));
    expect(() => listZip(cut)).toThrow(InputError);
    expect(() => listZip(cut)).toThrow(/cut\.zip is no zip archive, or was cut off/);
  });
});

describe("unpackZipEntry", () => {
  it("says the checksum, and leaves no file where the content is damaged", async () => {
    const content = new Uint8Array(9000).map((_, i) => (i * 7919) % 256);
    const path = await write("good.zip", {a: content}, "DEFLATE");
    const [entry] = listZip(path);
    expect(await unpackZipEntry(path, entry, join(folder, "good/a"))).toBe(sha256(content));
    const bytes = readFileSync(path);
    bytes.fill(0xff, 40, 60);
    writeFileSync(path, bytes);
    await expect(unpackZipEntry(path, entry, join(folder, "bad/a"))).rejects.toThrow();
    expect(() => readFileSync(join(folder, "bad/a"))).toThrow(/ENOENT/);
  });
});

describe("unpackWheel", () => {
  const record = (files: Record<string, string>) =>
    Object.entries(files)
      .map(([name, text]) => `${name},sha256=${Buffer.from(sha256(text), "hex").toString("base64url")},${text.length}`)
      .join("\n");
  const files = {"pkg/lib.so": "library", "pkg/readme.txt": "text"};

  it("unpacks what is wanted, with the checksum of RECORD, and takes what lies there already", async () => {
    const wheel = await write("pkg-1.whl", {...files, "pkg-1.dist-info/RECORD": record(files)}, "DEFLATE");
    const target = join(folder, "wheel");
    const wanted = (name: string) => name.endsWith(".so");
    const unpacked = await unpackWheel(wheel, target, wanted);
    expect(unpacked).toEqual([{path: "pkg/lib.so", bytes: 7, sha256: sha256("library")}]);
    expect(readFileSync(join(target, "pkg/lib.so"), "utf8")).toBe("library");
    expect(() => readFileSync(join(target, "pkg/readme.txt"))).toThrow(/ENOENT/);
    // same length, other content: it is unpacked again
    writeFileSync(join(target, "pkg/lib.so"), "LIBRARY");
    expect(await unpackWheel(wheel, target, wanted)).toEqual(unpacked);
    expect(readFileSync(join(target, "pkg/lib.so"), "utf8")).toBe("library");
  });

  it("refuses a file that does not match its checksum", async () => {
    const other = {...files, "pkg/lib.so": "another"};
    const wheel = await write("pkg-2.whl", {...other, "pkg-2.dist-info/RECORD": record(files)}, "STORE");
    await expect(unpackWheel(wheel, join(folder, "wheel-2"), () => true)).rejects.toThrow(
      /pkg-2\.whl is damaged: pkg\/lib\.so/
    );
  });
});

describe("parseRequirements", () => {
  it("takes the requirements of one extra, as pip wants them", () => {
    const metadata = [
      "Name: tensorflow",
      "Requires-Dist: numpy>=1.26.0",
      'Requires-Dist: nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"',
      "Requires-Dist: nvidia-cudnn-cu12 (==9.3.0.75) ; extra == 'and-cuda'",
      'Requires-Dist: tensorflow-rocm; extra == "rocm"'
    ].join("\n");
    expect(parseRequirements(metadata, "and-cuda")).toEqual([
      "nvidia-cublas-cu12<13.0,>=12.5.3.2",
      "nvidia-cudnn-cu12==9.3.0.75"
    ]);
  });
});
