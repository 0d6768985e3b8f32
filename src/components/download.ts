import {element} from "./dom.js";

/** Saves some bytes or text under a name, without a server. */
export function download(name: string, type: string, content: string | Blob): void {
  const url = URL.createObjectURL(typeof content === "string" ? new Blob([content], {type}) : content);
  element("a", {href: url, download: fileName(name)}).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** `radial-ratio-sr:medical f4c3.svg` → `radial-ratio-sr-medical-f4c3.svg`: a name that every file system takes. */
export function fileName(name: string): string {
  return name
    .normalize("NFKD")
    .replace(/[^\w.-]+/g, "-")
    .replace(/-{2,}/g, "-")
    .replace(/^[-.]+|-+(?=\.\w+$)|-+$/g, "");
}

export function saveButton(text: string, onclick: () => void): HTMLButtonElement {
  return element("button", {type: "button", class: "plain", onclick}, text);
}

/** Saves a text under a name. */
export function saveText(name: string, type: string, text: string): void {
  download(name, type, text);
}
