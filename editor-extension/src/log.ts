// The output channels: one for the extension and its server, one per container, made when needed.
import { type LogOutputChannel, type OutputChannel, window } from "vscode";

export class Logs {
  readonly server: LogOutputChannel = window.createOutputChannel("Control Truss", { log: true });
  private readonly containers = new Map<string, OutputChannel>();

  container(uri: string, name: string): OutputChannel {
    let channel = this.containers.get(uri);
    if (channel === undefined) {
      channel = window.createOutputChannel(`Truss container: ${name}`, "log");
      this.containers.set(uri, channel);
    }
    return channel;
  }

  dispose(): void {
    this.server.dispose();
    for (const channel of this.containers.values()) channel.dispose();
  }
}
