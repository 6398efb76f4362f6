// A server that keeps crashing is left down, and said to be down once.

const WINDOW_MS = 3 * 60_000;
const TOLERATED = 3;

export class CrashHistory {
  private times: number[] = [];

  /** Notes a crash; true when the server should be started again. */
  restartAfterCrash(now: number): boolean {
    this.times = [...this.times.filter((time) => now - time < WINDOW_MS), now];
    return this.times.length <= TOLERATED;
  }

  forget(): void {
    this.times = [];
  }
}
