import {fileURLToPath} from "node:url";
import {buildSync} from "esbuild";

process.env.OBSERVABLE_TELEMETRY_DISABLE = "1"; // read after this file is loaded

/** The header's script, inlined into every page. */
const headerScript = buildSync({
  entryPoints: [fileURLToPath(new URL("src/components/header.ts", import.meta.url))],
  bundle: true,
  write: false,
  format: "iife",
  platform: "browser",
  target: ["es2022", "chrome96", "firefox96", "safari16"],
  minify: true,
  legalComments: "none"
}).outputFiles[0].text.trim();

const icon =
  "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><rect width='16' height='16' rx='3' fill='%23284b63'/><path d='M2 8q1.5-8 3 0t3 0 2 0 1.5 0 1 0 .8 0 .7 0' fill='none' stroke='white' stroke-width='1.4'/></svg>";

export default {
  root: "src",
  output: "dist",
  title: process.env.SITE_TITLE ?? "Bandscope",
  base: process.env.SITE_BASE ?? "/",
  style: "style.css",
  globalStylesheets: [], // no Google Fonts
  head: `<link rel="icon" href="data:image/svg+xml,${icon}">
<style>
@font-face {font-family: "Source Serif 4 Variable"; src: url(./_file/fonts/source-serif-4.woff2) format("woff2"); font-weight: 200 900; font-display: swap;}
@font-face {font-family: "Source Sans 3 Variable"; src: url(./_file/fonts/source-sans-3.woff2) format("woff2"); font-weight: 200 900; font-display: swap;}
</style>`,
  header: `<div id="convention"></div><script>${headerScript}</script>`,
  footer: "Research software; not a medical device. Nothing that you open here leaves this machine.",
  search: false,
  toc: false,
  preserveExtension: true, // links to ./bands.html: any static server will do
  pages: [
    ...JSON.parse(process.env.SITE_PAGES || "[]"), // of one's own: bandscope publish --page
    {name: "Reconstructions", path: "/reconstructions"},
    {name: "Bands", path: "/bands"},
    {name: "Hallucination", path: "/hallucination"},
    {name: "Statistics", path: "/statistics"},
    {name: "Screening", path: "/screening"},
    {name: "Ablations", path: "/ablations"},
    {name: "Geometry or domain?", path: "/geometry"},
    {name: "Audit", path: "/audit"},
    {name: "Try it", path: "/try-it"},
    {name: "Learn", path: "/learn"},
    {name: "Paper and us", path: "/paper"},
    {name: "Methods", path: "/methods"},
    {name: "Licences", path: "/licences"}
  ],
  interpreters: {".ts": ["node", "--import", "tsx"]} // no reliance on node_modules/.bin in PATH
};
