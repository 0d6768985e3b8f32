/**
 * Undoes deflate and never gives more than `maxBytes`: a bomb stops there. Readers that a page may run take it as an
 * argument: node's zlib (`inflateNode`) in a loader, fflate (`inflatePortable`) in a page.
 *
 * @throws Error when the stream is damaged, cut short, or longer than `maxBytes`.
 */
export type Inflate = (deflated: Uint8Array, wrapper: "zlib" | "gzip" | "raw", maxBytes: number) => Uint8Array;
