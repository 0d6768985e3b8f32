/** What stands in every page's header. The configuration inlines this: no request, and the same code in a preview. */
import {mountConvention} from "./convention.js";

const holder = document.getElementById("convention");
if (holder !== null) mountConvention(holder);
