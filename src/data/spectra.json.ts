import {siteFile} from "../../loaders/site/site-file.js";

process.stdout.write(await siteFile("spectra.json"));
