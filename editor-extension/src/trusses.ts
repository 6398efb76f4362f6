// The Trusses of the open folders: where they are, and what their containers do.
import { posix } from "node:path";
import { type Disposable, EventEmitter, RelativePattern, Uri, commands, window, workspace } from "vscode";
import { directoryKey, looksLikeTruss, ownerOf } from "./core/ownership";
import type { TrussStatus } from "./core/protocol";

export interface Truss {
  /** URI of its directory, in VS Code's spelling. */
  readonly uri: string;
  readonly name: string;
  /** Undefined until the server has told. */
  readonly status: TrussStatus | undefined;
}

/** As deep as the activation events look. */
const CONFIGS = "{config.yaml,*/config.yaml,*/*/config.yaml}";
const LITTER = "**/{node_modules,.venv,.git}/**";

export class Trusses {
  private readonly known = new Map<string, Truss>();
  /** Files outside a Truss that are about it: URI of the file -> URI of the Truss. */
  private readonly adopted = new Map<string, string>();
  private readonly emitter = new EventEmitter<void>();
  private readonly foundEmitter = new EventEmitter<void>();
  private readonly subscriptions: Disposable[] = [this.emitter, this.foundEmitter];
  private latest: string | undefined;

  /** Something about some Truss, or which of them is current. */
  readonly onDidChange = this.emitter.event;
  /** There is a Truss that was not there before. */
  readonly onDidFind = this.foundEmitter.event;

  async watch(): Promise<void> {
    const watcher = workspace.createFileSystemWatcher("**/config.yaml", false, false, false);
    this.subscriptions.push(
      watcher,
      watcher.onDidCreate((uri) => this.look(uri)),
      watcher.onDidChange((uri) => this.look(uri)),
      watcher.onDidDelete((uri) => this.forget(uri)),
      window.onDidChangeActiveTextEditor(() => this.changed()),
      workspace.onDidChangeWorkspaceFolders(() => this.lookEverywhere()),
    );
    await this.lookEverywhere();
  }

  all(): Truss[] {
    return [...this.known.values()];
  }

  get(uri: string): Truss | undefined {
    return this.known.get(spelled(uri));
  }

  /** From now on this file counts as one of the Truss. */
  adopt(file: Uri, truss: Truss): void {
    this.adopted.set(file.toString(), truss.uri);
  }

  owning(file: Uri): Truss | undefined {
    const owner = this.adopted.get(file.toString()) ?? ownerOf(file.toString(), this.known.keys());
    return owner === undefined ? undefined : this.known.get(owner);
  }

  /** The Truss of the file being edited; none when it belongs to none. */
  ofActiveEditor(): Truss | undefined {
    const editor = window.activeTextEditor;
    return editor && this.owning(editor.document.uri);
  }

  /** As above; while no file of a folder is edited (an answer, a log), the one edited last. */
  current(): Truss | undefined {
    const owner = this.ofActiveEditor();
    if (owner !== undefined) this.latest = owner.uri;
    else if (window.activeTextEditor?.document.uri.scheme === "file") return undefined;
    return this.latest === undefined ? undefined : this.known.get(this.latest);
  }

  update(status: TrussStatus): void {
    const uri = spelled(status.uri);
    const isNew = !this.known.has(uri);
    this.known.set(uri, { uri, name: status.name, status: { ...status, uri } });
    this.changed();
    if (isNew) this.foundEmitter.fire();
  }

  /** What containers do is unknown while no server runs. */
  forgetStatus(): void {
    for (const truss of this.known.values()) this.known.set(truss.uri, { ...truss, status: undefined });
    this.changed();
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private async lookEverywhere(): Promise<void> {
    for (const folder of workspace.workspaceFolders ?? []) {
      const configs = await workspace.findFiles(new RelativePattern(folder, CONFIGS), LITTER);
      await Promise.all(configs.map((config) => this.look(config)));
    }
    this.changed();
  }

  private async look(config: Uri): Promise<void> {
    if (config.scheme !== "file" || config.path.includes("/node_modules/")) return;
    const directory = Uri.joinPath(config, "..");
    const uri = spelled(directory.toString());
    if (this.known.has(uri) || !(await isTruss(config, directory))) return;
    this.known.set(uri, { uri, name: posix.basename(directory.path), status: undefined });
    this.changed();
    this.foundEmitter.fire();
  }

  private forget(config: Uri): void {
    this.known.delete(spelled(Uri.joinPath(config, "..").toString()));
    this.changed();
  }

  private changed(): void {
    const here = this.ofActiveEditor();
    const state = here?.status?.state;
    const contexts = {
      known: this.known.size > 0,
      inTruss: here !== undefined,
      running: state !== undefined && state !== "stopped",
      changed: state === "ready" && here?.status?.in_sync === false,
    };
    for (const [key, value] of Object.entries(contexts)) {
      void commands.executeCommand("setContext", `controlTruss.${key}`, value);
    }
    this.emitter.fire();
  }
}

async function isTruss(config: Uri, directory: Uri): Promise<boolean> {
  const model = await exists(Uri.joinPath(directory, "model", "model.py"));
  const text = await workspace.fs.readFile(config).then(
    (content) => Buffer.from(content).toString("utf8"),
    () => "", // gone again, or unreadable: then the model decides
  );
  return looksLikeTruss(text, model);
}

async function exists(file: Uri): Promise<boolean> {
  return workspace.fs.stat(file).then(
    () => true,
    () => false,
  );
}

/** Python and VS Code escape different characters in a URI; keys are in VS Code's spelling. */
function spelled(uri: string): string {
  return directoryKey(Uri.parse(uri).toString());
}
