import {siteFile} from "../../loaders/site/prepare.js";

process.stdout.write(await siteFile("audit.json"));
