import type {Plane} from "./image.js";

/** @throws RangeError when the plane is empty, its data does not fill it, or a value is NaN or infinite. */
export function checkPlane(plane: Plane, name: string): void {
  checkShape(plane, name);
  const {data} = plane;
  // 0 times a number is 0, 0 times NaN or an infinity is NaN: no branch in the loop, and four sums do not wait for each other
  let [a, b, c, d] = [0, 0, 0, 0];
  const quads = data.length - (data.length % 4);
  for (let i = 0; i < quads; i += 4) {
    a += 0 * data[i];
    b += 0 * data[i + 1];
    c += 0 * data[i + 2];
    d += 0 * data[i + 3];
  }
  for (let i = quads; i < data.length; i++) a += 0 * data[i];
  if (a + b + c + d === 0) return;
  throw notFinite(
    plane,
    data.findIndex((v) => !Number.isFinite(v)),
    name
  );
}

/** @throws RangeError when one of the planes is not a plane of finite numbers, or their sizes differ. */
export function checkPair(a: Plane, b: Plane, nameA = "hr", nameB = "sr"): void {
  checkPlane(a, nameA);
  checkPlane(b, nameB);
  checkSameSize(a, b, nameA, nameB);
}

/** @throws RangeError when the sizes differ. */
export function checkSameSize(a: Plane, b: Plane, nameA = "hr", nameB = "sr"): void {
  if (a.width === b.width && a.height === b.height) return;
  throw new RangeError(
    `${nameA} and ${nameB} must have one size, not ${a.width}×${a.height} and ${b.width}×${b.height}`
  );
}

/** @throws RangeError when `value` is not a whole number of at least `min`. */
export function checkInteger(value: number, name: string, min: number): void {
  if (!Number.isInteger(value) || value < min) {
    throw new RangeError(`${name} must be a whole number of at least ${min}, not ${value}`);
  }
}

/** @throws RangeError when `value` is not a finite number of at least `min`. */
export function checkNumber(value: number, name: string, min = -Infinity): void {
  if (!Number.isFinite(value) || value < min) {
    const range = min > -Infinity ? `a finite number of at least ${min}` : "a finite number";
    throw new RangeError(`${name} must be ${range}, not ${value}`);
  }
}

function checkShape({data, width, height}: Plane, name: string): void {
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new RangeError(`${name} must have at least one row and one column, not ${width}×${height}`);
  }
  if (data.length !== width * height) {
    throw new RangeError(
      `${name} must have ${width * height} values for ${width}×${height} pixels, not ${data.length}`
    );
  }
}

function notFinite(plane: Plane, index: number, name: string): RangeError {
  const row = Math.floor(index / plane.width);
  return new RangeError(
    `${name} must hold finite numbers only, not ${plane.data[index]} (row ${row}, column ${index - row * plane.width})`
  );
}
