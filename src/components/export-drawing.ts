import {fileUrl} from "./file-url.js";

const svgSpace = "http://www.w3.org/2000/svg";

/** Properties that a child has from its parent. */
const inherited = [
  "fill",
  "fill-opacity",
  "fill-rule",
  "stroke",
  "stroke-width",
  "stroke-opacity",
  "stroke-dasharray",
  "stroke-linecap",
  "stroke-linejoin",
  "paint-order",
  "text-anchor",
  "dominant-baseline",
  "visibility",
  "font-size",
  "font-weight",
  "font-style",
  "font-variant-numeric"
];
/** Others, with what they are when nobody says anything. */
const own: Readonly<Record<string, string>> = {opacity: "1", "mix-blend-mode": "normal"};

const family = `"Source Sans 3 Variable", "Source Sans 3", "Helvetica Neue", Arial, sans-serif`;
const margin = 16;

/** What stands above the drawing in a saved picture. */
export interface DrawingWords {
  readonly title: string;
  /** Legend and note: its dots (`.item` with `.dot`) are drawn. */
  readonly subtitle?: Element | string;
}

/**
 * A chart as an SVG file that needs nothing else: colours, line widths and type sizes written into it as they are on the
 * page, light or dark, with title and legend above it.
 */
export function standaloneSvg(svg: SVGSVGElement, words: DrawingWords): string {
  const box = svg.getBoundingClientRect();
  const width = Math.max(1, Math.round(box.width));
  const height = Math.max(1, Math.round(box.height));
  const copy = svg.cloneNode(true) as SVGSVGElement;
  inlineStyles(svg, copy, undefined);
  for (const style of copy.querySelectorAll("style")) style.remove();
  const page = getComputedStyle(document.body);
  const background = getComputedStyle(document.documentElement).getPropertyValue("--theme-background").trim();
  const {lines, depth} = head(words, width, page.color);
  copy.setAttribute("x", String(margin));
  copy.setAttribute("y", String(margin + depth));
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  copy.setAttribute("overflow", "visible");
  for (const name of ["style", "class", "role", "tabindex"]) copy.removeAttribute(name);
  const totalWidth = width + 2 * margin;
  const totalHeight = height + depth + 2 * margin;
  return [
    `<svg xmlns="${svgSpace}" xmlns:xlink="http://www.w3.org/1999/xlink" width="${totalWidth}" height="${totalHeight}" viewBox="0 0 ${totalWidth} ${totalHeight}" font-family="${escaped(family)}" fill="${page.color}" color="${page.color}">`,
    `<title>${escaped(words.title)}</title>`,
    `<rect width="100%" height="100%" fill="${background || "#ffffff"}"/>`,
    ...lines,
    new XMLSerializer().serializeToString(copy),
    "</svg>\n"
  ].join("\n");
}

/** The same at twice the size in pixels, with the page's typeface. */
export async function drawingPng(svg: SVGSVGElement, words: DrawingWords): Promise<Blob> {
  const text = standaloneSvg(svg, words);
  const face = await typeface();
  const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(text)!;
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text.replace("<title>", `${face}<title>`))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = 2 * Number(width);
  canvas.height = 2 * Number(height);
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvasPng(canvas);
}

/** A canvas as a PNG file. */
export function canvasPng(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob === null) reject(new RangeError("the picture is too large to be saved"));
      else resolve(blob);
    }, "image/png");
  });
}

function inlineStyles(element: Element, copy: Element, parent: CSSStyleDeclaration | undefined): void {
  const style = getComputedStyle(element);
  if (style.display === "none") {
    copy.remove();
    return;
  }
  for (const name of inherited) {
    const value = style.getPropertyValue(name);
    if (parent !== undefined && value === parent.getPropertyValue(name)) copy.removeAttribute(name);
    else if (value !== "") copy.setAttribute(name, value);
  }
  let declarations = "";
  for (const [name, initial] of Object.entries(own)) {
    const value = style.getPropertyValue(name);
    if (value === "" || value === initial) continue;
    if (name === "opacity") copy.setAttribute(name, value);
    else declarations += `${name}: ${value};`;
  }
  copy.removeAttribute("style");
  copy.removeAttribute("class");
  for (const name of ["color", "font-variant", "font-family"]) copy.removeAttribute(name);
  if (style.fontVariantNumeric !== "normal" && element.tagName === "svg") {
    declarations += `font-variant-numeric: ${style.fontVariantNumeric};`;
  }
  if (declarations !== "") copy.setAttribute("style", declarations);
  const children = [...copy.children];
  [...element.children].forEach((child, i) => {
    if (child.tagName !== "style") inlineStyles(child, children[i], style);
  });
}

/** Title, legend and note as SVG lines above the drawing, broken where it ends. */
function head({title, subtitle}: DrawingWords, width: number, colour: string): {lines: string[]; depth: number} {
  const context = document.createElement("canvas").getContext("2d")!;
  const lines: string[] = [];
  let y = margin;
  const write = (text: string, size: number, weight: number) => {
    context.font = `${weight} ${size}px ${family}`;
    for (const line of broken(text, width, (part) => context.measureText(part).width)) {
      y += size * 1.3;
      lines.push(
        `<text x="${margin}" y="${y.toFixed(1)}" font-size="${size}" font-weight="${weight}" fill="${colour}">${escaped(line)}</text>`
      );
    }
  };
  write(title, 16, 600);
  const items = typeof subtitle === "object" ? [...subtitle.querySelectorAll(".item")] : [];
  if (items.length > 0) {
    context.font = `400 13px ${family}`;
    let x = 0;
    y += 13 * 1.6;
    for (const item of items) {
      const label = (item.textContent ?? "").trim();
      const length = 20 + context.measureText(label).width;
      if (x > 0 && x + length > width) {
        x = 0;
        y += 13 * 1.5;
      }
      const dot = item.querySelector(".dot");
      const fill = dot === null ? colour : getComputedStyle(dot).backgroundColor;
      lines.push(
        keyOf(dot, fill, margin + x + 6, y - 4.5),
        `<text x="${(margin + x + 16).toFixed(1)}" y="${y.toFixed(1)}" font-size="13" fill="${colour}">${escaped(label)}</text>`
      );
      x += length + 14;
    }
  }
  const note = noteOf(subtitle);
  if (note !== "") write(note, 13, 400);
  return {lines, depth: y - margin + 10};
}

/** A legend's key as the page draws it: a dot or a line, hollow or dashed for an autoencoder alone. */
function keyOf(dot: Element | null, colour: string, x: number, y: number): string {
  const hollow = dot?.classList.contains("hollow") ?? false;
  if (dot?.classList.contains("line")) {
    const dashes = hollow ? ' stroke-dasharray="3 2"' : "";
    return `<path d="M${x - 6},${y.toFixed(1)}h12" stroke="${colour}" stroke-width="2"${dashes}/>`;
  }
  const paint = hollow ? `fill="none" stroke="${colour}" stroke-width="1.5"` : `fill="${colour}"`;
  return `<circle cx="${x}" cy="${y.toFixed(1)}" r="${hollow ? 3.75 : 4.5}" ${paint}/>`;
}

/** What a subtitle says beside its legend. */
function noteOf(subtitle: DrawingWords["subtitle"]): string {
  if (subtitle === undefined) return "";
  if (typeof subtitle === "string") return subtitle;
  const copy = subtitle.cloneNode(true) as Element;
  for (const item of copy.querySelectorAll(".item")) item.remove();
  return (copy.textContent ?? "").replace(/\s+/g, " ").trim();
}

function broken(text: string, width: number, measure: (text: string) => number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && measure(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return line === "" ? lines : [...lines, line];
}

let face: Promise<string> | undefined;

/** The typeface as part of a picture: an SVG drawn as an image may load nothing. */
function typeface(): Promise<string> {
  face ??= fetch(fileUrl("fonts/source-sans-3.woff2"))
    .then((response) => (response.ok ? response.arrayBuffer() : Promise.reject(new Error(response.statusText))))
    .then((bytes) => {
      let binary = "";
      for (const byte of new Uint8Array(bytes)) binary += String.fromCharCode(byte);
      return `<style>@font-face {font-family: "Source Sans 3 Variable"; src: url(data:font/woff2;base64,${btoa(binary)}); font-weight: 200 900;}</style>`;
    })
    .catch(() => {
      face = undefined;
      return ""; // the reader's own sans-serif will do
    });
  return face;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})[c]!);
}
