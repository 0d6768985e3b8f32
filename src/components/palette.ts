/**
 * One colour for each autoencoder, the same on every page (their values, light and dark, are in style.css): warm for
 * natural images, cool for medical ones, grey for baselines. An arm has the colour of its autoencoder.
 */
const colours: Record<string, string> = {
  hr: "--arm-hr",
  lr: "--theme-foreground-faint",
  bicubic: "--arm-bicubic",
  paired: "--theme-foreground-focus",
  mispaired: "--theme-red",
  sdvae: "--arm-sdvae",
  "kl-f4": "--arm-kl-f4",
  "medvae-4-3": "--arm-medvae-4-3",
  "medvae-8-4": "--arm-medvae-8-4",
  "medvae-4-1": "--arm-medvae-4-1",
  "medvae-8-1": "--arm-medvae-8-1",
  "medvae-4-4": "--arm-medvae-4-4",
  // our small ones have the colour of the one whose part they play
  "natural-f8c4": "--arm-sdvae",
  "natural-f4c3": "--arm-kl-f4",
  "medical-f4c3": "--arm-medvae-4-3",
  "medical-f8c4": "--arm-medvae-8-4",
  "medical-f4c1": "--arm-medvae-4-1",
  "medical-f8c1": "--arm-medvae-8-1",
  "medical-f4c4": "--arm-medvae-4-4",
  taesd: "--arm-d",
  taesdxl: "--arm-e",
  taesd3: "--arm-f",
  taef1: "--arm-b",
  taef2: "--arm-c"
};
const others = ["--arm-a", "--arm-b", "--arm-c", "--arm-d", "--arm-e", "--arm-f"];

/** The CSS colour of `hr` or an arm: `bicubic`, `ae:<name>`, `sr:<name>:<generator>`. */
export function armColour(arm: string): string {
  const name = arm.split(":")[arm.includes(":") ? 1 : 0];
  return `var(${colours[name] ?? others[hash(name) % others.length]})`;
}

/**
 * Whether an arm is an autoencoder alone. It has the colour of the generators in its latents, so charts tell it apart by form: hollow
 * bars and dots, dashed lines.
 */
export function autoencoderAlone(arm: string): boolean {
  return arm.startsWith("ae:");
}

/** The CSS colour of a wavelet level: the finer, the closer to the background. */
export function levelColour(band: string): string {
  return band.startsWith("LL") ? "var(--theme-foreground-faint)" : `var(--level-${band.slice(2)})`;
}

function hash(text: string): number {
  let h = 0;
  for (const c of text) h = (h * 31 + c.codePointAt(0)!) >>> 0;
  return h;
}
