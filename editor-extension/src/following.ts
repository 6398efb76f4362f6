// Truss: Show Container Logs. The output channel follows the log until the container ends.
import { randomUUID } from "node:crypto";
import { CancellationTokenSource } from "vscode";
import { type Logs as LogLines, isFailure } from "./core/protocol";
import { showFailure } from "./failures";
import type { Logs } from "./log";
import type { Pages } from "./pages";
import type { Server } from "./server";
import type { Truss } from "./trusses";

const LOG_LINES = 1000;
/** The follower was ended from here, or the server was: neither is news. */
const EXPECTED = new Set(["Cancelled", "RequestFailed"]);

export class Following {
  private readonly sources = new Map<string, CancellationTokenSource>();

  constructor(
    private readonly server: Server,
    private readonly logs: Logs,
    private readonly pages: Pages,
  ) {}

  /** Shows the last lines, then whatever comes. Asked for again, it begins anew. */
  async follow(truss: Truss): Promise<void> {
    this.sources.get(truss.uri)?.cancel();
    const source = new CancellationTokenSource();
    this.sources.set(truss.uri, source);
    const channel = this.logs.container(truss.uri, truss.name);
    channel.clear();
    channel.show(true);
    const stream = randomUUID();
    const listening = this.server.streams.listen(stream, (text) => channel.append(text));
    try {
      const argument = { uri: truss.uri, tail: LOG_LINES, follow: true, stream };
      const outcome = await this.server.run<LogLines>("truss.logs", argument, source.token);
      if (isFailure(outcome) && !EXPECTED.has(outcome.error.type)) await showFailure(this.pages, truss, outcome.error);
    } finally {
      listening.dispose();
      if (this.sources.get(truss.uri) === source) this.sources.delete(truss.uri);
      source.dispose();
    }
  }

  dispose(): void {
    for (const source of this.sources.values()) source.cancel();
  }
}
