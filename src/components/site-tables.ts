/** The last few stay in memory. */
const kept = new Map<string, Promise<unknown>>();
const capacity = 48;

/** A file of the site's tables, fetched once and read. `read` must be the same for the same address. */
export function loadTable<T>(url: string, read: (response: Response) => Promise<T>): Promise<T> {
  const known = kept.get(url) as Promise<T> | undefined;
  if (known) {
    kept.delete(url);
    kept.set(url, known); // most recently used last
    return known;
  }
  const table = fetch(url).then((response) => {
    if (!response.ok) throw new Error(`the table ${url} could not be loaded (${response.status})`);
    return read(response);
  });
  kept.set(url, table);
  table.catch(() => kept.delete(url));
  if (kept.size > capacity) kept.delete(kept.keys().next().value!);
  return table;
}
