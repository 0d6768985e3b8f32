import {createReadStream, existsSync, readFileSync, statSync} from "node:fs";
import {createServer, type IncomingMessage, type Server, type ServerResponse} from "node:http";
import type {AddressInfo} from "node:net";
import {extname, join, normalize, sep} from "node:path";
import {gzipSync} from "node:zlib";

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".csv": "text/csv; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".wasm": "application/wasm",
  ".woff2": "font/woff2"
};
const compressible = new Set([".html", ".js", ".mjs", ".css", ".json", ".csv", ".arrow", ".bin", ".svg", ".wasm"]);

export interface RunningServer {
  readonly server: Server;
  readonly url: string;
}

/**
 * Serves a folder on 127.0.0.1, gzipped where that helps. Paths without an extension find their `.html`. Listens at
 * `port`, or without one at the first free port from 3000.
 */
export async function serveFolder(folder: string, {port, base = "/"}: {port?: number; base?: string} = {}) {
  const packed = new Map<string, Buffer>();
  const server = createServer((request, response) => answer(request, response, folder, base, packed));
  const actual = await listen(server, port);
  return {server, url: `http://127.0.0.1:${actual}${base}`} satisfies RunningServer;
}

async function listen(server: Server, port: number | undefined): Promise<number> {
  for (let candidate = port ?? 3000; ; ++candidate) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(candidate, "127.0.0.1", () => {
          server.off("error", reject);
          resolve();
        });
      });
      return (server.address() as AddressInfo).port;
    } catch (error) {
      if (port !== undefined || (error as NodeJS.ErrnoException).code !== "EADDRINUSE" || candidate >= 3999)
        throw error;
    }
  }
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  folder: string,
  base: string,
  packed: Map<string, Buffer>
): void {
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(405, {allow: "GET, HEAD"}).end();
    return;
  }
  const path = find(request.url ?? "/", folder, base);
  const file = path ?? join(folder, "404.html");
  const status = path === undefined ? 404 : 200;
  if (!existsSync(file)) {
    response.writeHead(404, {"content-type": "text/plain; charset=utf-8"}).end("There is no such page.\n");
    return;
  }
  const extension = extname(file);
  const headers: Record<string, string> = {
    "content-type": types[extension] ?? "application/octet-stream",
    "cache-control": "no-cache",
    "x-content-type-options": "nosniff"
  };
  const gzip = compressible.has(extension) && /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
  if (gzip) {
    const key = `${file} ${statSync(file).mtimeMs}`;
    const body = packed.get(key) ?? gzipSync(readFileSync(file), {level: 6});
    packed.set(key, body);
    response.writeHead(status, {...headers, "content-encoding": "gzip", vary: "accept-encoding"});
    response.end(request.method === "HEAD" ? undefined : body);
    return;
  }
  response.writeHead(status, {...headers, "content-length": String(statSync(file).size)});
  if (request.method === "HEAD") response.end();
  else createReadStream(file).pipe(response);
}

/** The file behind a URL; undefined when there is none or it would lie outside the folder. */
function find(url: string, folder: string, base: string): string | undefined {
  let path: string;
  try {
    path = decodeURIComponent(new URL(`http://localhost${url}`).pathname);
  } catch {
    return undefined;
  }
  if (!path.startsWith(base)) return undefined;
  const inside = normalize(join(folder, path.slice(base.length)));
  if (inside !== normalize(folder) && !inside.startsWith(normalize(folder) + (folder.endsWith(sep) ? "" : sep))) {
    return undefined;
  }
  for (const candidate of [inside, `${inside}.html`, join(inside, "index.html")]) {
    if (existsSync(candidate) && statSync(candidate).isFile()) return candidate;
  }
  return undefined;
}
