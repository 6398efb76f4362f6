// The commands of the palette. Each finds its Truss, saves what is unsaved, and asks the server.
import { Uri, commands, env, window, workspace } from "vscode";
import { type DebugInfo, type Patched, type Plan, type ServerCommand, type Status, isFailure, readsFiles } from "./core/protocol";
import { showFailure } from "./failures";
import type { Following } from "./following";
import type { Logs } from "./log";
import type { Pages } from "./pages";
import type { Predictor } from "./predict";
import { saveDocuments } from "./save";
import type { Server } from "./server";
import type { Truss, Trusses } from "./trusses";
import { showPlan } from "./wishes";

export class Commands {
  constructor(
    private readonly server: Server,
    private readonly trusses: Trusses,
    private readonly pages: Pages,
    private readonly logs: Logs,
    private readonly predictor: Predictor,
    private readonly following: Following,
  ) {}

  /** Command id -> what it does with the Truss it is for. */
  readonly ofTruss: Record<string, (truss: Truss) => Promise<void>> = {
    predict: (truss) => this.predictor.predict(truss),
    patchContainer: (truss) => this.patch(truss),
    startContainer: (truss) => this.work(truss, "truss.startContainer", `Starting ${truss.name}`),
    stopContainer: (truss) => this.work(truss, "truss.stopContainer", `Stopping ${truss.name}`),
    rebuildContainer: (truss) => this.work(truss, "truss.rebuildContainer", `Rebuilding ${truss.name}`),
    showPlan: (truss) => this.showPlan(truss),
    // Not awaited: the command is done once the log is shown, the following goes on.
    showContainerLogs: async (truss) => void this.following.follow(truss),
    showStatus: (truss) => this.showStatus(truss),
    openConfig: (truss) => openConfig(truss),
  };

  register() {
    const ofTruss = Object.entries(this.ofTruss).map(([id, run]) =>
      commands.registerCommand(`controlTruss.${id}`, async (target?: unknown) => {
        const truss = await this.target(target);
        if (truss !== undefined) await run(truss);
      }),
    );
    return [
      ...ofTruss,
      commands.registerCommand("controlTruss.restartServer", () => this.server.restart()),
      commands.registerCommand("controlTruss.debugInfo", () => this.showDebugInfo()),
      commands.registerCommand("controlTruss.showServerLog", () => this.logs.server.show()),
    ];
  }

  /** The Truss that is meant: the one pointed at, the one being edited, the only one, or a choice. */
  private async target(target: unknown): Promise<Truss | undefined> {
    const pointedAt = target instanceof Uri ? this.trusses.owning(target) : this.trusses.get(uriOf(target) ?? "");
    const truss = pointedAt ?? this.trusses.current();
    if (truss !== undefined) return truss;
    const all = this.trusses.all();
    if (all.length < 2) {
      if (all.length === 0) void window.showWarningMessage("No Truss here: a Truss is a folder with config.yaml and model/model.py.");
      return all[0];
    }
    const choices = all.map((each) => ({ label: each.name, description: workspace.asRelativePath(Uri.parse(each.uri)), truss: each }));
    return (await window.showQuickPick(choices, { placeHolder: "Which Truss?" }))?.truss;
  }

  /** Runs a command that takes its time; undefined when it failed, which has been told then. */
  private async ask<T extends object>(truss: Truss, command: ServerCommand, title: string, more: object = {}): Promise<T | undefined> {
    if (readsFiles(command) && !(await saveDocuments(this.trusses, truss))) return undefined;
    const outcome = await this.server.work<T>(command, { uri: truss.uri, ...more }, title);
    if (!isFailure(outcome)) return outcome;
    await showFailure(this.pages, truss, outcome.error);
    return undefined;
  }

  private async work(truss: Truss, command: ServerCommand, title: string): Promise<void> {
    await this.ask(truss, command, title);
  }

  private async patch(truss: Truss): Promise<void> {
    const patched = await this.ask<Patched>(truss, "truss.patchContainer", `Patching ${truss.name}`);
    if (patched === undefined) return;
    const message = patched.changed ? (patched.message ?? "patched") : "nothing has changed";
    void window.setStatusBarMessage(`${truss.name}: ${message}`, 5000);
  }

  private async showPlan(truss: Truss): Promise<void> {
    const plan = await this.ask<Plan>(truss, "truss.showPlan", `Planning the patch of ${truss.name}`);
    if (plan === undefined) return;
    await showPlan(this.pages, { ...plan, uri: truss.uri, name: truss.name });
  }

  private async showDebugInfo(): Promise<void> {
    const told = await this.server.run<DebugInfo>("truss.debugInfo", {});
    if (isFailure(told)) return void window.showErrorMessage(told.error.message);
    const document = await workspace.openTextDocument({ language: "markdown", content: told.markdown });
    await window.showTextDocument(document);
  }

  /** What the container does, and under it what can be done with it. */
  private async showStatus(truss: Truss): Promise<void> {
    const status = await this.ask<Status>(truss, "truss.showStatus", `Asking ${truss.name}`);
    if (status === undefined) return;
    const running = status.state !== "stopped";
    const { url } = status;
    const facts = [status.state, status.runtime, url, status.hash?.slice(0, 12)].filter((fact) => running && fact);
    const chosen = await window.showQuickPick(actions(running, status.in_sync === false), {
      title: `${truss.name}: ${running ? facts.join(" · ") : "stopped"}`,
      placeHolder: status.message || "What next?",
    });
    if (chosen?.command === "copy" && url) await env.clipboard.writeText(url);
    else if (chosen !== undefined) await commands.executeCommand(chosen.command, { uri: truss.uri });
  }
}

function actions(running: boolean, changed: boolean) {
  if (!running) return [{ label: "$(vm-running) Start Container", command: "controlTruss.startContainer" }];
  return [
    ...(changed ? [{ label: "$(cloud-upload) Patch Running Container", command: "controlTruss.patchContainer" }] : []),
    { label: "$(play) Predict in Container", command: "controlTruss.predict" },
    { label: "$(output) Show Container Logs", command: "controlTruss.showContainerLogs" },
    { label: "$(debug-restart) Rebuild and Restart Container", command: "controlTruss.rebuildContainer" },
    { label: "$(debug-stop) Stop Container", command: "controlTruss.stopContainer" },
    { label: "$(copy) Copy Address", command: "copy" },
  ];
}

async function openConfig(truss: Truss): Promise<void> {
  await window.showTextDocument(Uri.joinPath(Uri.parse(truss.uri), "config.yaml"));
}

function uriOf(target: unknown): string | undefined {
  if (typeof target !== "object" || target === null || !("uri" in target)) return undefined;
  return typeof target.uri === "string" ? target.uri : undefined;
}
