const bars = "▁▂▃▄▅▆▇█";

/** A curve as a line of text: means over `width` equal parts, on a logarithmic scale from the least (▁) to the largest (█). */
export function sparkline(values: readonly number[], width: number): string {
  const parts = Math.min(width, values.length);
  const levels = Array.from({length: parts}, (_, i) => {
    const part = values.slice(Math.floor((i * values.length) / parts), Math.floor(((i + 1) * values.length) / parts));
    return Math.log(Math.max(1e-12, part.reduce((a, b) => a + b, 0) / part.length));
  });
  const least = Math.min(...levels);
  const range = Math.max(...levels) - least;
  return levels.map((v) => bars[range > 0 ? Math.round(((v - least) / range) * (bars.length - 1)) : 0]).join("");
}
