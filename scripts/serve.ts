import {existsSync} from "node:fs";
import {join} from "node:path";
import {parseArgs} from "node:util";
import {dist} from "./paths.js";
import {serveFolder} from "./static-server.js";

const help = `Serves the built notebook on this machine.

Usage: npm start [-- --port NUMBER]

  --port NUMBER    where to listen (default: the first free one from 3000)
  --help
`;

async function main(): Promise<number | undefined> {
  const {values} = parseArgs({options: {port: {type: "string"}, help: {type: "boolean", short: "h", default: false}}});
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65535)) {
    throw new RangeError(`--port must be a whole number from 0 to 65535, not ${JSON.stringify(values.port)}`);
  }
  if (!existsSync(join(dist, "index.html"))) throw new RangeError("there is no built site: run npm run build first");
  const {url} = await serveFolder(dist, {port, base: process.env.SITE_BASE ?? "/"});
  process.stdout.write(`Bandscope is at ${url} (Ctrl-C stops it)\n`);
  return undefined;
}

try {
  const status = await main();
  if (status !== undefined) process.exitCode = status;
} catch (error) {
  const {code, message} = error as NodeJS.ErrnoException;
  process.stderr.write(`serve: ${code === "EADDRINUSE" ? `${message}; --port names another` : message}\n`);
  process.exitCode = 1;
}
