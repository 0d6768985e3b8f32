import {element} from "./dom.js";
import type {Outline} from "./outline.js";
import {toScreen, type View} from "./viewport.js";

/** A picture, or two with a dividing line between: left of `split` the first, right of it the second. */
export interface Layers {
  readonly left: OffscreenCanvas;
  readonly right?: OffscreenCanvas;
  /** From 0 to 1 of what is seen. */
  readonly split?: number;
}

/** A square in which a picture is seen through a view; it draws at the screen's own resolution. */
export interface Stage {
  readonly node: HTMLDivElement;
  draw(layers: Layers, view: View, cursor: readonly [number, number] | null, outline?: Outline | null): void;
}

/** @param label what the picture shows, for those who can't see it */
export function stage(label: string): Stage {
  const canvas = element("canvas", {role: "img", "aria-label": label});
  const node = element("div", {class: "stage"}, canvas);
  const context = canvas.getContext("2d")!;

  function draw(
    {left, right, split = 1}: Layers,
    view: View,
    cursor: readonly [number, number] | null,
    outline: Outline | null = null
  ): void {
    const side = Math.max(1, Math.round(node.clientWidth * devicePixelRatio));
    if (canvas.width !== side) canvas.width = canvas.height = side;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, side, side);
    const longest = Math.max(left.width, left.height);
    const scale = (side * view.zoom) / longest;
    // enlarged pixels stay squares; reduced ones are smoothed
    context.imageSmoothingEnabled = scale < 2;
    const x0 = side / 2 - view.x * longest * scale + ((longest - left.width) * scale) / 2;
    const y0 = side / 2 - view.y * longest * scale + ((longest - left.height) * scale) / 2;
    if (right === undefined) {
      context.drawImage(left, x0, y0, left.width * scale, left.height * scale);
    } else {
      const cut = Math.round(split * side);
      drawPart(left, 0, cut);
      drawPart(right, cut, side);
    }
    if (outline) drawOutline(outline);
    if (cursor) drawCursor(cursor, scale, longest, left);

    function drawPart(picture: OffscreenCanvas, from: number, to: number): void {
      context.save();
      context.beginPath();
      context.rect(from, 0, to - from, side);
      context.clip();
      context.drawImage(picture, x0, y0, picture.width * scale, picture.height * scale);
      context.restore();
    }

    function drawOutline(edges: Outline): void {
      const path = new Path2D();
      for (let i = 0; i < edges.length; i += 4) {
        path.moveTo(x0 + edges[i] * scale, y0 + edges[i + 1] * scale);
        path.lineTo(x0 + edges[i + 2] * scale, y0 + edges[i + 3] * scale);
      }
      for (const [colour, width] of [
        ["rgb(0 0 0 / 70%)", 3.5],
        ["#6ff2c8", 1.5]
      ] as const) {
        context.strokeStyle = colour;
        context.lineWidth = width * devicePixelRatio;
        context.stroke(path);
      }
    }

    function drawCursor(
      [x, y]: readonly [number, number],
      pixel: number,
      longest: number,
      {width, height}: OffscreenCanvas
    ): void {
      const u = (x + 0.5 + (longest - width) / 2) / longest;
      const v = (y + 0.5 + (longest - height) / 2) / longest;
      const [sx, sy] = toScreen(view, u, v).map((value) => value * side);
      const half = Math.max(4 * devicePixelRatio, pixel / 2 + devicePixelRatio);
      for (const [colour, width] of [
        ["rgb(0 0 0 / 70%)", 3],
        ["#ffd24d", 1]
      ] as const) {
        context.strokeStyle = colour;
        context.lineWidth = width * devicePixelRatio;
        context.strokeRect(sx - half, sy - half, 2 * half, 2 * half);
      }
    }
  }

  return {node, draw};
}
