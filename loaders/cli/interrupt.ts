/** Ctrl-C (or SIGTERM) as a request to finish what is at hand and stop; the second one ends the process at once. */
export class Interrupt {
  requested = false;
  private readonly handler = () => {
    if (this.requested) process.exit(130);
    this.requested = true;
    process.stderr.write(`\n${this.message}\n`);
  };

  /** @param message what a person reads on the first one */
  constructor(private readonly message: string) {}

  listen(): void {
    process.on("SIGINT", this.handler);
    process.on("SIGTERM", this.handler);
  }

  ignore(): void {
    process.off("SIGINT", this.handler);
    process.off("SIGTERM", this.handler);
  }
}
