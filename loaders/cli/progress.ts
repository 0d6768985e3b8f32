/**
 * A progress bar with the time left, on stderr. On a terminal one line is redrawn; elsewhere (a log, CI) a line is
 * written every `logEvery` milliseconds, so that a log stays short. Nothing is shown for work under `delay` ms.
 */
export class Progress {
  private done = 0;
  private started = performance.now();
  private begun = false;
  private drawn = 0;
  private shown = false;

  constructor(
    private readonly label: string,
    private readonly total: number,
    private readonly unit = "",
    private readonly stream: NodeJS.WriteStream = process.stderr,
    private readonly delay = 500,
    private readonly logEvery = 10_000
  ) {}

  /** The work begins now, the first time that this is called: what it waited for before says nothing of its speed. */
  begin(): void {
    if (this.begun) return;
    this.begun = true;
    this.started = performance.now();
  }

  /** `n` more are done; `note` replaces the text at the end of the line. */
  advance(n = 1, note = ""): void {
    this.done += n;
    const now = performance.now();
    if (now - this.started < this.delay) return;
    const gap = this.stream.isTTY ? 100 : this.logEvery;
    if (this.shown && now - this.drawn < gap && this.done < this.total) return;
    if (!this.stream.isTTY && !this.shown && now - this.started < this.logEvery) return;
    this.draw(now, note);
  }

  /** Clears the bar, or on a log says how long all took (if it said anything before). */
  finish(): void {
    if (!this.shown) return;
    if (this.stream.isTTY) this.stream.write("\r\x1b[2K");
    else
      this.stream.write(`${this.label}: ${this.done}/${this.total} in ${duration(performance.now() - this.started)}\n`);
    this.shown = false;
  }

  private draw(now: number, note: string): void {
    this.shown = true;
    this.drawn = now;
    const fraction = this.total > 0 ? Math.min(1, this.done / this.total) : 1;
    const elapsed = now - this.started;
    const left = fraction > 0 ? duration((elapsed / fraction) * (1 - fraction)) : "?";
    const count = `${this.done}/${this.total}${this.unit ? ` ${this.unit}` : ""}`;
    const tail = `${count}, ${left} left${note ? `, ${note}` : ""}`;
    if (!this.stream.isTTY) {
      this.stream.write(`${this.label}: ${tail}\n`);
      return;
    }
    const columns = this.stream.columns || 80;
    const width = Math.max(8, Math.min(30, columns - this.label.length - tail.length - 6));
    const full = Math.round(fraction * width);
    const line = `${this.label} [${"█".repeat(full)}${"░".repeat(width - full)}] ${tail}`;
    this.stream.write(`\r\x1b[2K${line.slice(0, columns - 1)}`);
  }
}

/** 950 ms → "1 s", 75 s → "1 min 15 s", 2 h → "2 h 0 min". */
export function duration(ms: number): string {
  const s = Math.round(ms / 1000);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}
