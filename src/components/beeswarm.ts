/**
 * Lays dots of one radius beside each other so that none hides another: each keeps its x and takes the place nearest to the
 * centre line that is free. Offsets stay within ±`half`; where a swarm is too dense for that, dots overlap at its edge.
 * Returns the offsets in the order of `xs`, in the same unit (pixels).
 */
export function beeswarm(xs: readonly number[], radius: number, half: number): number[] {
  const order = xs.map((_, i) => i).sort((a, b) => xs[a] - xs[b] || a - b);
  const offsets = new Array<number>(xs.length).fill(0);
  const placed: number[] = [];
  const apart = 2 * radius;
  for (const i of order) {
    const near: {dx: number; y: number}[] = [];
    for (let k = placed.length - 1; k >= 0 && xs[i] - xs[placed[k]] < apart; k--) {
      near.push({dx: xs[i] - xs[placed[k]], y: offsets[placed[k]]});
    }
    const candidates = [0, ...near.flatMap(({dx, y}) => [y - reach(dx, apart), y + reach(dx, apart)])];
    candidates.sort((a, b) => Math.abs(a) - Math.abs(b) || a - b);
    const free = candidates.find(
      (y) => Math.abs(y) <= half && near.every((other) => other.dx ** 2 + (y - other.y) ** 2 >= apart ** 2 - 1e-6)
    );
    offsets[i] = free ?? (placed.length % 2 === 0 ? half : -half);
    placed.push(i);
  }
  return offsets;
}

/** How far up or down a dot must be from one that is dx away to touch it. */
function reach(dx: number, apart: number): number {
  return Math.sqrt(Math.max(0, apart ** 2 - dx ** 2));
}
