/** Which part of an image is seen: its centre in fractions of the image, and how many times it is enlarged. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

export const wholeImage: View = {x: 0.5, y: 0.5, zoom: 1};
export const largestZoom = 16;

/** The view after a shift by (dx, dy) in fractions of what is seen; never past the image's border. */
export function pan(view: View, dx: number, dy: number): View {
  return inside({...view, x: view.x + dx / view.zoom, y: view.y + dy / view.zoom});
}

/** The view enlarged by `factor` such that the point (px, py), in fractions of what is seen, stays where it is. */
export function zoomAt(view: View, factor: number, px = 0.5, py = 0.5): View {
  const zoom = Math.min(largestZoom, Math.max(1, view.zoom * factor));
  const [u, v] = toImage(view, px, py);
  return inside({zoom, x: u - (px - 0.5) / zoom, y: v - (py - 0.5) / zoom});
}

/** Where a point of what is seen lies in the image; both in fractions. */
export function toImage({x, y, zoom}: View, px: number, py: number): [number, number] {
  return [x + (px - 0.5) / zoom, y + (py - 0.5) / zoom];
}

/** Where a point of the image is seen. */
export function toScreen({x, y, zoom}: View, u: number, v: number): [number, number] {
  return [(u - x) * zoom + 0.5, (v - y) * zoom + 0.5];
}

/** `0.5,0.5,1` as it stands in an address; the whole image when the text makes no sense. */
export function parseView(text: string): View {
  const [x, y, zoom] = text.split(",").map(Number);
  if (![x, y, zoom].every(Number.isFinite)) return wholeImage;
  return inside({x, y, zoom: Math.min(largestZoom, Math.max(1, zoom))});
}

/** Null stands for the whole image: an address does not need to say it. */
export function formatView({x, y, zoom}: View): string | null {
  return zoom === 1 ? null : [x, y, zoom].map((value) => Number(value.toFixed(3))).join(",");
}

function inside({x, y, zoom}: View): View {
  const margin = 0.5 / zoom;
  const clamp = (value: number) => Math.min(1 - margin, Math.max(margin, value));
  return {x: clamp(x), y: clamp(y), zoom};
}
