import {siteFile} from "../../loaders/site/prepare.js";

process.stdout.write(await siteFile("study-hallucination.arrow"));
