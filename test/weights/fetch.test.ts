import {createHash} from "node:crypto";
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {createServer, type IncomingMessage, type Server, type ServerResponse} from "node:http";
import type {AddressInfo} from "node:net";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {deflateRawSync} from "node:zlib";
import {afterEach, beforeEach, describe, expect, it, vi} from "vitest";
import {main} from "../../loaders/cli/main.js";
import {download} from "../../loaders/weights/download.js";
import {extractEntry} from "../../loaders/weights/extract.js";
import {fetchWeights} from "../../loaders/weights/fetch.js";
import {findKnownWeights, type KnownWeights, knownWeights} from "../../models/checkpoints/known.js";
import {InputError} from "../../models/errors.js";
import {rawZip} from "../checkpoints/support/zip.js";

const content = Uint8Array.from({length: 300_000}, (_, i) => (i * 7919) >> 5);
const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const quick = {retryDelay: 1};

let folder: string;
let server: Server;
let base: string;
let requests: {url: string; range?: string}[];
let handle: (request: IncomingMessage, response: ServerResponse) => void;

/** Serves `bytes` with Range; the first `cuts` answers break off after 100,000 bytes. */
function serve(bytes: Uint8Array, {cuts = 0, etag = '"v1"'}: {cuts?: number; etag?: string} = {}) {
  let left = cuts;
  return (request: IncomingMessage, response: ServerResponse) => {
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
    const from = range && request.headers["if-range"] === etag ? Number(range[1]) : 0;
    if (from >= bytes.length) {
      response.writeHead(416).end();
      return;
    }
    const body = bytes.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      etag,
      "content-length": body.length,
      ...(from > 0 && {"content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}`})
    });
    if (left-- > 0) response.write(body.subarray(0, 100_000), () => response.destroy());
    else response.end(body);
  };
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "bandscope-weights-"));
  requests = [];
  server = createServer((request, response) => {
    requests.push({url: request.url!, range: request.headers.range});
    handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, {recursive: true});
  vi.unstubAllEnvs();
});

describe("download(url, path)", () => {
  it("puts the whole file in place and leaves nothing beside it", async () => {
    handle = serve(content);
    const result = await download(`${base}/w`, join(folder, "sub", "w"), {sha256: hash(content)});
    expect(result).toEqual({bytes: content.length, sha256: hash(content), verified: "known checksum"});
    expect(readdirSync(join(folder, "sub"))).toEqual(["w"]);
    expect(Buffer.compare(readFileSync(join(folder, "sub", "w")), content)).toBe(0);
  });

  it("takes up a connection that was cut where it broke off", async () => {
    handle = serve(content, {cuts: 2});
    const result = await download(`${base}/w`, join(folder, "w"), quick);
    expect(result.sha256).toBe(hash(content));
    expect(result.verified).toBe("nothing");
    expect(requests).toHaveLength(3);
    expect(requests[1].range).toMatch(/^bytes=[1-9]\d*-$/);
    expect(requests[2].range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it("gives up after some tries, keeps the part, and goes on from it the next time", async () => {
    handle = (_, response) => {
      response.writeHead(200, {etag: '"v1"', "content-length": content.length});
      response.write(content.subarray(0, 100_000), () => response.destroy());
    };
    await expect(download(`${base}/w`, join(folder, "w"), {...quick, retries: 0})).rejects.toThrow(
      /^the connection to 127\.0\.0\.1:\d+ broke off after \d MB of .*; run the command again to continue from there$/
    );
    expect(existsSync(join(folder, "w"))).toBe(false);
    expect(existsSync(join(folder, "w.part"))).toBe(true);
    handle = serve(content);
    expect((await download(`${base}/w`, join(folder, "w"), quick)).sha256).toBe(hash(content));
    expect(requests[1].range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it("starts anew when the file at the server has changed meanwhile", async () => {
    handle = (_, response) => {
      response.writeHead(200, {etag: '"v0"', "content-length": content.length});
      response.write(new Uint8Array(100_000), () => response.destroy());
    };
    await expect(download(`${base}/w`, join(folder, "w"), {...quick, retries: 0})).rejects.toThrow(InputError);
    handle = serve(content);
    expect((await download(`${base}/w`, join(folder, "w"), quick)).sha256).toBe(hash(content));
  });

  it("gives up on a server that sends nothing more", async () => {
    handle = (_, response) => {
      response.writeHead(200, {"content-length": content.length});
      response.write(content.subarray(0, 10));
    };
    await expect(download(`${base}/w`, join(folder, "w"), {...quick, retries: 0, stall: 100})).rejects.toThrow(
      /\(no data for 0\.1 s\)/
    );
  });

  it("deletes what has the wrong checksum and tells both", async () => {
    handle = serve(content);
    const wrong = "0".repeat(64);
    await expect(download(`${base}/w`, join(folder, "w"), {sha256: wrong})).rejects.toThrow(
      new InputError(
        `what ${base}/w delivered has SHA-256 ${hash(content)}, expected ${wrong}; it was deleted (try again, or get the file by other means)`
      )
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it("follows redirects and checks the SHA-256 that the hub tells on the way", async () => {
    const file = serve(content);
    let told = hash(content);
    handle = (request, response) => {
      if (request.url === "/hub") response.writeHead(302, {location: "/storage", "x-linked-etag": `"${told}"`}).end();
      else file(request, response);
    };
    expect((await download(`${base}/hub`, join(folder, "w"))).verified).toBe("server's checksum");
    told = "1".repeat(64);
    await expect(download(`${base}/hub`, join(folder, "v"))).rejects.toThrow(/expected 1{64}/);
  });

  it("names the host and the cure when it says no, and when it can't be reached", async () => {
    handle = (_, response) => response.writeHead(404).end("no");
    const host = new URL(base).host;
    await expect(download(`${base}/w`, join(folder, "w"))).rejects.toThrow(
      new InputError(`${host} has no ${base}/w (HTTP 404): it may have moved`)
    );
    handle = (_, response) => response.writeHead(403).end();
    await expect(download(`${base}/w`, join(folder, "w"))).rejects.toThrow(/refuses .* \(HTTP 403\)/);
    handle = (_, response) => response.writeHead(302, {location: "/again"}).end();
    await expect(download(`${base}/w`, join(folder, "w"))).rejects.toThrow(/redirects more than five times/);
    // a port that was just closed
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const {port} = other.address() as AddressInfo;
    await new Promise((resolve) => other.close(resolve));
    await expect(download(`http://127.0.0.1:${port}/w`, join(folder, "w"))).rejects.toThrow(
      new InputError(
        `cannot reach 127.0.0.1:${port} (ECONNREFUSED): download http://127.0.0.1:${port}/w on a machine that can and copy the file here`
      )
    );
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("extractEntry(archive, name, target)", () => {
  const zip = (size = content.length) =>
    rawZip([
      {name: "kl/config.yaml", data: Uint8Array.of(1)},
      {
        name: "kl/model.ckpt",
        data: deflateRawSync(content),
        method: 8,
        size,
        packed: deflateRawSync(content).length,
        flags: 8
      }
    ]);

  it("unpacks one deflated or stored file", async () => {
    writeFileSync(join(folder, "a.zip"), zip());
    await extractEntry(join(folder, "a.zip"), "model.ckpt", join(folder, "model.ckpt"));
    expect(hash(readFileSync(join(folder, "model.ckpt")))).toBe(hash(content));
    await extractEntry(join(folder, "a.zip"), "config.yaml", join(folder, "config.yaml"));
    expect([...readFileSync(join(folder, "config.yaml"))]).toEqual([1]);
  });

  it("stops where more comes out than the archive claims, and leaves nothing", async () => {
    writeFileSync(join(folder, "bomb.zip"), zip(1000));
    await expect(extractEntry(join(folder, "bomb.zip"), "model.ckpt", join(folder, "m"))).rejects.toThrow(
      `model.ckpt is larger than the 1000 bytes that it claims`
    );
    await expect(extractEntry(join(folder, "bomb.zip"), "other", join(folder, "m"))).rejects.toThrow(
      `holds 0 files named other where one was expected`
    );
    const damaged = zip();
    damaged.fill(0xff, 200, 400);
    writeFileSync(join(folder, "damaged.zip"), damaged);
    await expect(extractEntry(join(folder, "damaged.zip"), "model.ckpt", join(folder, "m"))).rejects.toThrow(
      InputError
    );
    expect(readdirSync(folder).sort()).toEqual(["bomb.zip", "damaged.zip"]);
  });
});

describe("fetchWeights(known, folder)", () => {
  it("keeps what is there, and fetches anew what has another checksum", async () => {
    handle = serve(content);
    const known: KnownWeights = {
      ...findKnownWeights("rlfn"),
      files: [{url: `${base}/a/w.pth`, name: "w.pth", sha256: hash(content)}]
    };
    writeFileSync(join(folder, "w.pth"), "something else");
    const path = join(folder, "w.pth");
    expect(await fetchWeights(known, folder)).toEqual([
      {path, sha256: hash(content), verified: "known checksum", kept: false}
    ]);
    expect(await fetchWeights(known, folder)).toEqual([
      {path, sha256: hash(content), verified: "known checksum", kept: true}
    ]);
    expect(requests).toHaveLength(1);
  });

  it("unpacks what is published as an archive", async () => {
    const archive = rawZip([{name: "model.ckpt", data: content}]);
    handle = serve(archive);
    const files = [{url: `${base}/kl-f4.zip`, name: "model.ckpt", sha256: hash(archive), entry: "model.ckpt"}];
    const [file] = await fetchWeights({...findKnownWeights("kl-f4"), files}, folder);
    expect(file).toMatchObject({sha256: hash(content), verified: "known checksum", kept: false});
    expect(readdirSync(folder)).toEqual(["model.ckpt"]);
  });
});

describe("knownWeights", () => {
  it("has every autoencoder of the study with its geometry, and no id twice", () => {
    const geometry = Object.fromEntries(knownWeights.map((known) => [known.id, known.geometry]));
    expect(geometry).toMatchObject({
      sdvae: {channels: 4, factor: 8},
      "kl-f4": {channels: 3, factor: 4},
      "medvae-8-1": {channels: 1, factor: 8},
      "medvae-8-4": {channels: 4, factor: 8},
      "medvae-4-1": {channels: 1, factor: 4},
      "medvae-4-3": {channels: 3, factor: 4},
      "medvae-4-4": {channels: 4, factor: 4}
    });
    expect(Object.keys(geometry)).toHaveLength(knownWeights.length);
    for (const {files, licence} of knownWeights) {
      expect(licence).not.toBe("");
      for (const {url, name, sha256} of files) {
        expect(new URL(url).protocol).toBe("https:");
        expect(name).toMatch(/^[\w.-]+$/);
        if (sha256 !== null) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      }
    }
  });

  it("names the ids when one is not known", () => {
    expect(() => findKnownWeights("vae")).toThrow(
      /^no weights are known as "vae"; the known ones are sdvae, kl-f4, medvae-8-1,/
    );
  });
});

describe("bandscope fetch-weights", () => {
  async function run(...argv: string[]) {
    const out: string[] = [];
    const err: string[] = [];
    const stdout = vi.spyOn(process.stdout, "write").mockImplementation((text) => out.push(String(text)) > 0);
    const stderr = vi.spyOn(process.stderr, "write").mockImplementation((text) => err.push(String(text)) > 0);
    try {
      return {status: await main(["fetch-weights", ...argv]), out: out.join(""), err: err.join("")};
    } finally {
      stdout.mockRestore();
      stderr.mockRestore();
    }
  }

  it("writes the paths of what it downloaded", async () => {
    handle = serve(content);
    vi.stubEnv("HF_ENDPOINT", base);
    const {status, out, err} = await run("sdvae", "medvae-4-3", "--out", folder);
    expect(status).toBe(0);
    expect(out).toBe(
      `${join(folder, "sdvae", "diffusion_pytorch_model.safetensors")}\n${join(folder, "medvae-4-3", "vae_4x_3c_2D.ckpt")}\n`
    );
    expect(err).toContain(`done; SHA-256 ${hash(content)}, no checksum to compare with is known`);
    expect(requests.map(({url}) => url)).toEqual([
      "/stabilityai/sd-vae-ft-ema/resolve/main/diffusion_pytorch_model.safetensors",
      "/stanfordmimi/MedVAE/resolve/main/model_weights/vae_4x_3c_2D.ckpt"
    ]);
  });

  it("ends with status 1 and the address when the host can't be reached", async () => {
    const dead = base;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    vi.stubEnv("HF_ENDPOINT", dead);
    const {status, err} = await run("taesd", "--out", folder);
    expect(status).toBe(1);
    expect(err).toContain(
      `bandscope fetch-weights: cannot reach ${new URL(dead).host} (ECONNREFUSED): download ${dead}/madebyollin/taesd/`
    );
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });

  it("checks every id before it fetches anything, and lists them", async () => {
    expect((await run("sdvae", "nothing")).status).toBe(1);
    expect((await run()).status).toBe(2);
    expect(requests).toEqual([]);
    const {status, out} = await run("--list");
    expect(status).toBe(0);
    for (const {id} of knownWeights) expect(out).toMatch(new RegExp(`^${id}: `, "m"));
  });
});
