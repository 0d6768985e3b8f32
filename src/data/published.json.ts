import {readFileSync} from "node:fs";
import {fileURLToPath} from "node:url";

// @input ../../data/published.json
const file = fileURLToPath(new URL("../../data/published.json", import.meta.url));
process.stdout.write(JSON.stringify(JSON.parse(readFileSync(file, "utf8"))));
