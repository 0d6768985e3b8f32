import {siteFile} from "../../loaders/site/prepare.js";

process.stdout.write(await siteFile("study-fidelity.arrow"));
