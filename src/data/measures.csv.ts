import {siteFile} from "../../loaders/site/site-file.js";

process.stdout.write(await siteFile("measures.csv"));
