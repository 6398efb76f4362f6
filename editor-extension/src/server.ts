// The language server's process: found, started, restarted, and asked.
import { randomUUID } from "node:crypto";
import { type CancellationToken, CancellationTokenSource, type Disposable, EventEmitter, ProgressLocation, window, workspace } from "vscode";
import { CloseAction, type CloseHandlerResult, ExecuteCommandRequest, type LanguageClient, State, WorkDoneProgress } from "vscode-languageclient/node";
import { type Surroundings, createClient } from "./client";
import { Coalesced } from "./core/coalesced";
import { CrashHistory } from "./core/crashes";
import type { ServerState } from "./core/describe";
import type { Found } from "./core/interpreter";
import { type Failure, type Outcome, type PatchOnSaveWord, type PlanPage, type ServerCommand, type TrussStatus, isFailure } from "./core/protocol";
import { settlesWithin } from "./core/settling";
import { type Piece, Streams } from "./core/streams";
import { findServerInterpreter, onDidChangeEnvironment } from "./python";
import { rememberPatchOnSave, showPlan } from "./wishes";

/** What is done sooner shows no progress: a notification that flashes only disturbs. */
const QUICK_MS = 500;

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
  /** What the server sends piece by piece. */
  readonly streams = new Streams();

  constructor(private readonly around: Surroundings) {}

  /** Starts the server when there is a Truss, and again when the ground it stands on changes. */
  async watch(): Promise<void> {
    this.subscriptions.push(
      this.around.trusses.onDidFind(() => this.restart()),
      workspace.onDidGrantWorkspaceTrust(() => this.trusted()),
      this.around.trusses.onDidChange(() => this.learn()),
      workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration("controlTruss.interpreter")) void this.restart();
      }),
    );
    if (this.around.trusses.all().length > 0) await this.restart();
    const listening = await onDidChangeEnvironment(() => void this.restartOnOtherInterpreter());
    if (listening !== undefined) this.subscriptions.push(listening);
  }

  restart(): Promise<void> {
    return this.restarts.run();
  }

  /** Runs a command of the server. Fails only as an outcome, never by throwing. */
  async run<T extends object>(command: ServerCommand, argument: object, cancellation?: CancellationToken): Promise<Outcome<T>> {
    // The token keeps the server from asking for a progress bar: this is done at once, or shows otherwise.
    return this.request(command, argument, randomUUID(), cancellation);
  }

  /** As `run`, for what may take its time: then it shows the server's progress and can be cancelled. */
  async work<T extends object>(command: ServerCommand, argument: object, title: string): Promise<Outcome<T>> {
    const workDoneToken = randomUUID();
    const cancellation = new CancellationTokenSource();
    let show: (message: string) => void = () => undefined;
    const listening = this.client?.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
      if (value.kind === "report" && value.message !== undefined) show(value.message);
    });
    const outcome = this.request<T>(command, argument, workDoneToken, cancellation.token);
    try {
      if (await settlesWithin(outcome, QUICK_MS)) return await outcome;
      const location = ProgressLocation.Notification;
      return await window.withProgress({ location, title, cancellable: true }, (progress, cancelled) => {
        show = (message) => progress.report({ message });
        cancelled.onCancellationRequested(() => cancellation.cancel());
        return outcome;
      });
    } finally {
      listening?.dispose();
      cancellation.dispose();
    }
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
    const found = await this.findInterpreter();
    if (!found.ok) return this.fail(found.message);
    this.interpreter = found.path;
    this.around.logs.server.info(`Starting the language server on ${found.path} (Python ${found.version})`);
    const client = createClient(found.path, this.around, () => this.afterCrash());
    this.client = client;
    this.listen(client);
    try {
      await client.start();
    } catch (fault) {
      this.fail(`The Truss language server did not start: ${fault instanceof Error ? fault.message : String(fault)}`);
    }
  }

  private async end(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client === undefined) return;
    // A server that failed to start, or is gone already, has nothing left to stop.
    await client.dispose().catch((fault: unknown) => this.around.logs.server.debug(`stopping: ${String(fault)}`));
    this.around.trusses.forgetStatus();
  }

  private findInterpreter(): Promise<Found> {
    return findServerInterpreter(this.around.context.extensionPath);
  }

  /** Restarts when another interpreter would be used now; says whether it did. */
  private async restartOnOtherInterpreter(): Promise<boolean> {
    const found = await this.findInterpreter();
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
    const truss = this.around.trusses.current();
    if (this.state !== "running" || !workspace.isTrusted || truss === undefined) return;
    if (truss.status !== undefined || this.asked.has(truss.uri)) return;
    this.asked.add(truss.uri);
    const status = await this.run<TrussStatus>("truss.showStatus", { uri: truss.uri });
    if (!isFailure(status)) this.around.trusses.update(status);
  }

  private listen(client: LanguageClient): void {
    client.onNotification("truss/status", (status: TrussStatus) => this.around.trusses.update(status));
    client.onNotification("truss/predictChunk", (piece: Piece) => this.streams.tell(piece));
    client.onNotification("truss/log", (piece: Piece) => this.streams.tell(piece));
    client.onNotification("truss/rememberPatchOnSave", (word: PatchOnSaveWord) => rememberPatchOnSave(word));
    client.onNotification("truss/showPlan", (plan: PlanPage) => showPlan(this.around.pages, plan));
    client.onDidChangeState(({ newState }) => {
      if (client === this.client && newState === State.Running) this.become("running", "");
    });
  }

  private afterCrash(): CloseHandlerResult {
    if (this.crashes.restartAfterCrash(Date.now())) {
      this.around.logs.server.warn("The language server ended unexpectedly; starting it again");
      this.around.trusses.forgetStatus();
      this.become("starting", "");
      return { action: CloseAction.Restart, handled: true };
    }
    this.fail("The Truss language server keeps crashing and was left stopped; the log says why.");
    return { action: CloseAction.DoNotRestart, handled: true };
  }

  private fail(message: string): void {
    this.around.logs.server.error(message);
    this.around.trusses.forgetStatus();
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
