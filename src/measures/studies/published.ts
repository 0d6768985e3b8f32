/** A number that the study reports: an entry of `values` in data/published.json. */
export interface PublishedValue {
  readonly source: string;
  readonly dataset?: string;
  readonly arm?: string;
  readonly against?: string;
  readonly measure: string;
  readonly band?: string;
  readonly convention: string;
  readonly value: number;
  readonly sd?: number;
  readonly low?: number;
  readonly high?: number;
  readonly unit: string;
  readonly n?: number;
}

/** The first entry that has all of these members; undefined where there is none. */
export function publishedValue<T extends PublishedValue>(
  values: readonly T[],
  wanted: Partial<Omit<PublishedValue, "value">>
): T | undefined {
  return values.find((row) =>
    Object.entries(wanted).every(([key, value]) => row[key as keyof PublishedValue] === value)
  );
}
