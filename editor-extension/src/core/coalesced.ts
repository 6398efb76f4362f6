// Restarts asked for while one is going on become one more restart, not a queue of them.

export class Coalesced {
  private running: Promise<void> | undefined;
  private again: Promise<void> | undefined;

  constructor(private readonly task: () => Promise<void>) {}

  /** Settles when a run that began after this call has ended. */
  run(): Promise<void> {
    if (this.running === undefined) {
      this.running = this.task().finally(() => {
        this.running = undefined;
      });
      return this.running;
    }
    this.again ??= this.running
      .catch(() => undefined) // its own caller hears of it
      .then(() => {
        this.again = undefined;
        return this.run();
      });
    return this.again;
  }
}
