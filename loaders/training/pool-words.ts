/** What a recipe's pool of simulated images holds, in a reader's words: `simulated knee, brain; 80 patients of each`. */
export function poolWords(kinds: readonly string[], patients: number | undefined): string {
  // a natural scene shows nobody
  const people = kinds.some((kind) => kind !== "natural");
  const who = people ? (kinds.includes("natural") ? "patients or scenes" : "patients") : "scenes";
  const what = people ? `simulated ${kinds.join(", ")}` : "simulated natural scenes";
  return patients === undefined ? what : `${what}; ${patients} ${who}${kinds.length > 1 ? " of each" : ""}`;
}
