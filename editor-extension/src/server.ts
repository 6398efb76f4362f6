// The language server's process: found, started, restarted, and asked.
import { type CancellationToken, type Disposable, EventEmitter, type ExtensionContext, workspace } from "vscode";
import {
  CloseAction,
  type Executable,
  ErrorAction,
  ExecuteCommandRequest,
  LanguageClient,
  type LanguageClientOptions,
  RevealOutputChannelOn,
  State,
  type TextDocumentFilter,
} from "vscode-languageclient/node";
import { Coalesced } from "./core/coalesced";
import { CrashHistory } from "./core/crashes";
import type { ServerState } from "./core/describe";
import { candidates, findInterpreter } from "./core/interpreter";
import { type Outcome, type ServerCommand, type TrussStatus } from "./core/protocol";
import { mayUseActiveEnvironment } from "./core/trust";
import type { Logs } from "./log";
import { middleware } from "./middleware";
import { activeEnvironment, onDidChangeEnvironment } from "./python";
import type { Trusses } from "./trusses";

export class Server {
  private client: LanguageClient | undefined;
  private interpreter: string | undefined;
  private readonly crashes = new CrashHistory();
  private readonly restarts = new Coalesced(() => this.replace());
  private readonly emitter = new EventEmitter<void>();
  private readonly subscriptions: Disposable[] = [this.emitter];

  state: ServerState = "stopped";
  /** Why the state is what it is; one line. */
  message = "";
  readonly onDidChange = this.emitter.event;

  constructor(
    private readonly context: ExtensionContext,
    private readonly logs: Logs,
    private readonly trusses: Trusses,
  ) {}

  /** Starts the server when there is a Truss, and again when the ground it stands on changes. */
  async watch(): Promise<void> {
    this.subscriptions.push(
      this.trusses.onDidFind(() => this.restart()),
      workspace.onDidGrantWorkspaceTrust(() => this.restart()),
      workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration("controlTruss.interpreter")) void this.restart();
      }),
    );
    if (this.trusses.all().length > 0) await this.restart();
    const listening = await onDidChangeEnvironment(() => void this.restartOnOtherInterpreter());
    if (listening !== undefined) this.subscriptions.push(listening);
  }

  restart(): Promise<void> {
    return this.restarts.run();
  }

  /** Runs a command of the server. Fails only as an outcome, never by throwing. */
  async run<T>(command: ServerCommand, argument: object, token?: CancellationToken): Promise<Outcome<T>> {
    if (this.client === undefined || this.state !== "running") {
      return failure("ServerDown", this.message || "The Truss language server is not running.");
    }
    try {
      const params = { command, arguments: [argument] };
      return (await this.client.sendRequest(ExecuteCommandRequest.type, params, token)) as Outcome<T>;
    } catch (fault) {
      if (token?.isCancellationRequested) return failure("Cancelled", "Cancelled.");
      return failure("RequestFailed", fault instanceof Error ? fault.message : String(fault));
    }
  }

  async dispose(): Promise<void> {
    for (const subscription of this.subscriptions) subscription.dispose();
    await this.end();
  }

  private async replace(): Promise<void> {
    await this.end();
    this.crashes.forget();
    this.become("starting", "");
    const found = await this.find();
    if (!found.ok) return this.fail(found.message);
    this.interpreter = found.path;
    this.logs.server.info(`Starting the language server on ${found.path} (Python ${found.version})`);
    const client = new LanguageClient("controlTruss", "Control Truss", this.executable(found.path), this.options());
    this.client = client;
    this.listen(client);
    try {
      await client.start();
      this.become("running", "");
    } catch (fault) {
      this.fail(`The Truss language server did not start: ${fault instanceof Error ? fault.message : String(fault)}`);
    }
  }

  private async end(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client === undefined) return;
    // A server that failed to start, or is gone already, has nothing left to stop.
    await client.dispose().catch((fault: unknown) => this.logs.server.debug(`stopping: ${String(fault)}`));
    this.trusses.forgetStatus();
  }

  private async find() {
    const trusted = workspace.isTrusted;
    const folder = workspace.workspaceFolders?.[0]?.uri;
    const setting = workspace.getConfiguration("controlTruss", folder).get<string>("interpreter", "");
    const active = mayUseActiveEnvironment(trusted) ? await activeEnvironment(folder) : undefined;
    return findInterpreter(candidates(setting, active, process.platform), this.context.extensionPath);
  }

  private async restartOnOtherInterpreter(): Promise<void> {
    const found = await this.find();
    if (found.ok && found.path !== this.interpreter) await this.restart();
  }

  private executable(interpreter: string): Executable {
    // The working directory comes first on the module path, so it must be no folder of the user's.
    return { command: interpreter, args: ["-m", "lsp_server"], options: { cwd: this.context.extensionPath } };
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: this.selector(),
      outputChannel: this.logs.server,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationOptions: { trusted: workspace.isTrusted },
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => this.afterCrash(),
      },
      middleware: middleware(this.trusses),
    };
  }

  /** Any config.yaml, because the server knows best which is a Truss; else only files of a Truss. */
  private selector(): TextDocumentFilter[] {
    const inside = this.trusses.all().map((truss) => ({
      scheme: "file",
      pattern: { baseUri: truss.uri, pattern: "**" },
    }));
    return [{ scheme: "file", language: "yaml", pattern: "**/config.yaml" }, ...inside];
  }

  private listen(client: LanguageClient): void {
    client.onNotification("truss/status", (status: TrussStatus) => this.trusses.update(status));
    client.onDidChangeState(({ newState }) => {
      if (client === this.client && newState === State.Running) this.become("running", "");
    });
  }

  private afterCrash() {
    if (this.crashes.restartAfterCrash(Date.now())) {
      this.logs.server.warn("The language server ended unexpectedly; starting it again");
      this.trusses.forgetStatus();
      this.become("starting", "");
      return { action: CloseAction.Restart, handled: true };
    }
    this.fail("The Truss language server keeps crashing and was left stopped; the log says why.");
    return { action: CloseAction.DoNotRestart, handled: true };
  }

  private fail(message: string): void {
    this.logs.server.error(message);
    this.trusses.forgetStatus();
    this.become("failed", message);
  }

  private become(state: ServerState, message: string): void {
    this.state = state;
    this.message = message;
    this.emitter.fire();
  }
}

function failure<T>(type: string, message: string): Outcome<T> {
  return { ok: false, error: { type, message } };
}
