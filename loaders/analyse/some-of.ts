/** The first ten of a list, and how many more there are: "a, b, c and 4 more". */
export function someOf(items: readonly string[], shown = 10): string {
  const more = items.length - shown;
  return `${items.slice(0, shown).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
