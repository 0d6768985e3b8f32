import type {Plane} from "../measures/image.js";
import {element} from "./dom.js";
import {paintGrey, paintSigned} from "./paint.js";

/** A picture with its name: grey from 0 to 1, or with `limit` signed values from −limit to +limit. */
export function picture(
  plane: Plane,
  title: string,
  {description, limit, note}: {readonly description: string; readonly limit?: number; readonly note?: string | Node}
): HTMLElement {
  const canvas = element("canvas", {
    class: "picture",
    width: plane.width,
    height: plane.height,
    role: "img",
    "aria-label": description
  });
  const painted = limit === undefined ? paintGrey(plane) : paintSigned(plane, limit);
  canvas.getContext("2d")?.drawImage(painted, 0, 0);
  return element(
    "figure",
    {class: "picture"},
    element("p", {class: "title"}, title),
    canvas,
    note !== undefined && element("figcaption", {}, note)
  );
}
