// The language server's process: found, started, restarted, and asked.
import { randomUUID } from "node:crypto";
import {
  type CancellationToken,
  type Disposable,
  EventEmitter,
  type ExtensionContext,
  ProgressLocation,
  window,
  workspace,
} from "vscode";
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
  WorkDoneProgress,
} from "vscode-languageclient/node";
import { Coalesced } from "./core/coalesced";
import { CrashHistory } from "./core/crashes";
import type { ServerState } from "./core/describe";
import { candidates, findInterpreter } from "./core/interpreter";
import { type Failure, type Outcome, type ServerCommand, type TrussStatus, isFailure } from "./core/protocol";
import { mayUseActiveEnvironment } from "./core/trust";
import type { Logs } from "./log";
import { middleware } from "./middleware";
import type { Pages } from "./pages";
import { activeEnvironment, onDidChangeEnvironment } from "./python";
import type { Trusses } from "./trusses";

export class Server {
  private client: LanguageClient | undefined;
  private interpreter: string | undefined;
  /** URIs of the Trusses whose state this run of the server was asked for. */
  private readonly asked = new Set<string>();
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
    private readonly pages: Pages,
  ) {}

  /** Starts the server when there is a Truss, and again when the ground it stands on changes. */
  async watch(): Promise<void> {
    this.subscriptions.push(
      this.trusses.onDidFind(() => this.restart()),
      workspace.onDidGrantWorkspaceTrust(() => this.trusted()),
      this.trusses.onDidChange(() => this.learn()),
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
  async run<T extends object>(command: ServerCommand, argument: object): Promise<Outcome<T>> {
    // The token keeps the server from asking for a progress bar, which a quick answer would flash.
    return this.request(command, argument, randomUUID());
  }

  /** As `run`, for what takes its time: shows the server's progress, and can be cancelled. */
  async work<T extends object>(command: ServerCommand, argument: object, title: string): Promise<Outcome<T>> {
    const location = ProgressLocation.Notification;
    return window.withProgress({ location, title, cancellable: true }, async (progress, cancellation) => {
      const workDoneToken = randomUUID();
      const listening = this.client?.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
        if (value.kind === "report" && value.message !== undefined) progress.report({ message: value.message });
      });
      try {
        return await this.request<T>(command, argument, workDoneToken, cancellation);
      } finally {
        listening?.dispose();
      }
    });
  }

  private async request<T extends object>(
    command: ServerCommand,
    argument: object,
    workDoneToken: string,
    cancellation?: CancellationToken,
  ): Promise<Outcome<T>> {
    if (this.client === undefined || this.state !== "running") {
      return failure("ServerDown", this.message || "The Truss language server is not running.");
    }
    try {
      const params = { command, arguments: [argument], workDoneToken };
      return (await this.client.sendRequest(ExecuteCommandRequest.type, params, cancellation)) as Outcome<T>;
    } catch (fault) {
      if (cancellation?.isCancellationRequested) return failure("Cancelled", "Cancelled.");
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

  /** Restarts when another interpreter would be used now; says whether it did. */
  private async restartOnOtherInterpreter(): Promise<boolean> {
    const found = await this.find();
    if (!found.ok || found.path === this.interpreter) return false;
    await this.restart();
    return true;
  }

  private async trusted(): Promise<void> {
    if (await this.restartOnOtherInterpreter()) return;
    await this.client?.sendNotification("truss/trustGranted", {});
    await this.learn();
  }

  /** Asks once for the state of the Truss being edited; from then on the server tells. */
  private async learn(): Promise<void> {
    const truss = this.trusses.current();
    if (this.state !== "running" || !workspace.isTrusted || truss === undefined) return;
    if (truss.status !== undefined || this.asked.has(truss.uri)) return;
    this.asked.add(truss.uri);
    const status = await this.run<TrussStatus>("truss.showStatus", { uri: truss.uri });
    if (!isFailure(status)) this.trusses.update(status);
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
      middleware: middleware(this.trusses, this.pages),
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
    if (state === "running") void this.learn();
    else this.asked.clear();
  }
}

function failure(type: string, message: string): Failure {
  return { error: { type, message } };
}
