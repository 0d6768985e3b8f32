/**
 * The address of a file that is named only at run time (a picture, weights): `_file` is where Framework's preview serves
 * all of `src`, and where our build copies such files. Pages lie at the top of the site.
 */
export function fileUrl(path: string): string {
  return new URL(`./_file/${path}`, document.baseURI).href;
}
