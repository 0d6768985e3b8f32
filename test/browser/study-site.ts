import {siteUrl} from "./support.js";

/** Whether the site under test shows a study: without one the study pages have less to test. */
export async function siteHasStudy(): Promise<boolean> {
  const html = await (await fetch(`${siteUrl}statistics`)).text();
  const file = /_file\/data\/studies\.[\w]+\.json/.exec(html)?.[0];
  if (file === undefined) return false;
  const studies = (await (await fetch(siteUrl + file)).json()) as unknown[];
  return studies.length > 0;
}
