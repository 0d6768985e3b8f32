/**
 * Undoes deflate. Readers that a page may run take it as an argument: node's zlib (`nodeInflater`) in a loader, fflate
 * (`portableInflater`) in a page.
 */
export interface Inflater {
  /**
   * Never gives more than `maxBytes`: a bomb stops there.
   *
   * @throws Error when the stream is damaged, cut short, or longer than `maxBytes`.
   */
  inflate(deflated: Uint8Array, wrapper: "zlib" | "gzip" | "raw", maxBytes: number): Uint8Array;

  /**
   * The first bytes of a gzip stream: what its first 4 KiB hold (some 4 KB at least, where there are as many; 4 MB at
   * most), or nothing where it is damaged.
   */
  gunzipHead(zipped: Uint8Array): Uint8Array;
}
