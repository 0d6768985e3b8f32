import {mkdirSync, readFileSync, writeFileSync} from "node:fs";
import {request} from "node:http";
import {dirname, join} from "node:path";
import {describe, expect, test} from "vitest";
import {checkDist} from "../../scripts/check-dist.js";
import {normaliseDist} from "../../scripts/normalise-dist.js";
import {serveFolder} from "../../scripts/static-server.js";
import {temporaryFolder} from "../support/temporary.js";

function folder(files: Readonly<Record<string, string>>): string {
  const root = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), {recursive: true});
    writeFileSync(join(root, name), text);
  }
  return root;
}

describe("checkDist", () => {
  const page = (body: string) => `<html><script type="module">${body}</script></html>`;

  test("accepts a site that refers to its own files only", async () => {
    const dist = folder({
      "index.html": `${page('import "./a.js"; await import("./b/c.js");')}<img src="data:,"><a href="https://example.org">x</a>`,
      "a.js": "export {}",
      "b/c.js": 'import "../a.js"'
    });
    expect(await checkDist(dist)).toEqual([]);
  });

  test.each([
    ["a cell's syntax error", {"index.html": '<pre class="observablehq--error">SyntaxError: x</pre>'}, /SyntaxError/],
    ["an unresolved import", {"index.html": page('import "node:fs"')}, /unresolved import: node:fs/],
    ["a missing module", {"index.html": page('import("./no.js")')}, /missing module: .\/no.js/],
    ["a missing module of a module", {"x.js": 'import "./no.js"'}, /x.js: missing module/],
    ["another origin", {"index.html": '<link rel="stylesheet" href="https://example.org/x.css">'}, /another origin/],
    ["another origin in a style sheet", {"x.css": "@import 'https://example.org/f.css'"}, /another origin/],
    ["a missing picture", {"index.html": '<img src="./no.png">'}, /missing file: .\/no.png/]
  ])("finds %s", async (_, files, message) => {
    const problems = await checkDist(folder(files as Record<string, string>));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(message);
  });
});

test("normaliseDist takes times out of pages and adds the language", () => {
  const dist = folder({"index.html": '<!DOCTYPE html>\n<html>\n{"lastModified":1764000000000,"size":3}'});
  normaliseDist(dist);
  expect(readFileSync(join(dist, "index.html"), "utf8")).toBe(
    '<!DOCTYPE html>\n<html lang="en">\n{"lastModified":0,"size":3}'
  );
});

describe("serveFolder", () => {
  const dist = folder({"index.html": "home", "bands.html": "bands", "404.html": "none", "a.json": "{}"});
  writeFileSync(join(dirname(dist), "secret.txt"), "secret");

  /** Not `fetch`: it would clean the path. */
  async function get(url: string, path: string): Promise<[number, string, string | undefined]> {
    const {hostname, port} = new URL(url);
    return new Promise((resolve, reject) => {
      request({hostname, port, path}, (response) => {
        let text = "";
        response.on("data", (data: Buffer) => {
          text += data;
        });
        response.on("end", () => resolve([response.statusCode!, text, response.headers["content-type"]]));
      })
        .on("error", reject)
        .end();
    });
  }

  test("finds pages without their extension and says what it sends", async () => {
    const {server, url} = await serveFolder(dist, {port: 0});
    expect(await get(url, "/")).toEqual([200, "home", "text/html; charset=utf-8"]);
    expect(await get(url, "/bands?band=HH1")).toEqual([200, "bands", "text/html; charset=utf-8"]);
    expect((await get(url, "/a.json"))[2]).toBe("application/json; charset=utf-8");
    expect(await get(url, "/nothing")).toEqual([404, "none", "text/html; charset=utf-8"]);
    server.close();
  });

  test("gives nothing from outside the folder", async () => {
    const {server, url} = await serveFolder(dist, {port: 0});
    for (const path of ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/%", "//secret.txt"]) {
      const [status, text] = await get(url, path);
      expect([status, text]).toEqual([404, "none"]);
    }
    server.close();
  });

  test("takes the next port when one is in use", async () => {
    const first = await serveFolder(dist);
    const second = await serveFolder(dist);
    expect(second.url).not.toBe(first.url);
    first.server.close();
    second.server.close();
  });
});
