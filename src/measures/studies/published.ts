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

/** A number that the study does not print: the difference of two that it does. */
export interface PublishedDifference {
  /** `value` is that of `minuend` minus that of `subtrahend`; its source and the rest are those of `minuend`. */
  readonly value: PublishedValue;
  readonly minuend: PublishedValue;
  readonly subtrahend: PublishedValue;
}

/**
 * What the published MedVAE keeps more than SD-VAE, each alone, on a data set: PSNR of decode(encode(HR)), medical − natural, dB.
 * Undefined where one of the two was not published.
 */
export function publishedCeilingGain(
  values: readonly PublishedValue[],
  dataset: string
): PublishedDifference | undefined {
  const of = (arm: string) => publishedValue(values, {measure: "psnr", dataset, arm});
  const [minuend, subtrahend] = [of("ae:medvae-4-3"), of("ae:sdvae")];
  if (minuend === undefined || subtrahend === undefined) return undefined;
  const {sd: _, ...rest} = minuend;
  const value = {...rest, against: subtrahend.arm, value: minuend.value - subtrahend.value};
  return {value, minuend, subtrahend};
}
