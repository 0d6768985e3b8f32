/** `6 patients`, `1 patient`; of natural images, which show nobody, `6 scenes`. */
export function subjects(count: number, anatomy?: string): string {
  const word = anatomy === "natural" ? "scene" : "patient";
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
