// Truss: Predict in Container. Asks for the input, shows the answer beside.
import { randomUUID } from "node:crypto";
import {
  type ExtensionContext,
  QuickInputButtons,
  type TextDocument,
  ThemeIcon,
  Uri,
  window,
  workspace,
} from "vscode";
import { answerPage, failurePage, streamPage } from "./core/answer";
import { type Offer, offer, parseInput } from "./core/input";
import { type Outcome, type PredictInput, type Prediction, isFailure } from "./core/protocol";
import { showFailure } from "./failures";
import type { Pages } from "./pages";
import { saveDocuments } from "./save";
import type { Server } from "./server";
import type { Truss, Trusses } from "./trusses";

const EDIT = { iconPath: new ThemeIcon("edit"), tooltip: "Write the input in an editor" };

export class Predictor {
  /** URIs of the files in which inputs are written. */
  private readonly inputs = new Set<string>();

  constructor(
    private readonly context: ExtensionContext,
    private readonly server: Server,
    private readonly trusses: Trusses,
    private readonly pages: Pages,
  ) {}

  async predict(truss: Truss): Promise<void> {
    const document = window.activeTextEditor?.document;
    if (document !== undefined && this.isInput(document, truss)) return this.submit(truss, document.getText());
    const prefill = await this.server.run<PredictInput>("truss.predictInput", { uri: truss.uri });
    if (isFailure(prefill)) return showFailure(this.pages, truss, prefill.error);
    const offered = offer(prefill);
    if (offered.place === "editor") return this.edit(truss, offered.text);
    const answer = await this.ask(truss, offered);
    if (answer === undefined) return;
    if (answer.inEditor) await this.edit(truss, pretty(answer.text));
    else await this.submit(truss, answer.text);
  }

  private isInput(document: TextDocument, truss: Truss): boolean {
    return this.inputs.has(document.uri.toString()) && this.trusses.owning(document.uri)?.uri === truss.uri;
  }

  private ask(truss: Truss, offered: Offer): Promise<{ text: string; inEditor: boolean } | undefined> {
    const box = window.createInputBox();
    box.title = `Predict in ${truss.name}`;
    box.prompt = offered.prompt;
    box.value = offered.text;
    box.buttons = [EDIT];
    box.ignoreFocusOut = true;
    return new Promise((resolve) => {
      box.onDidChangeValue((text) => (box.validationMessage = faultOf(text)));
      box.onDidTriggerButton((button) => {
        if (button === QuickInputButtons.Back) return;
        resolve({ text: box.value, inEditor: true });
        box.hide();
      });
      box.onDidAccept(() => {
        box.validationMessage = faultOf(box.value);
        if (box.validationMessage !== undefined) return;
        resolve({ text: box.value, inEditor: false });
        box.hide();
      });
      box.onDidHide(() => {
        resolve(undefined);
        box.dispose();
      });
      box.show();
    });
  }

  /** A file of the extension's own storage: it can be saved, so closing it asks nothing. */
  private async edit(truss: Truss, text: string): Promise<void> {
    const storage = this.context.storageUri ?? this.context.globalStorageUri;
    const file = Uri.joinPath(storage, "inputs", `${truss.name} input.json`);
    // One that is open already may hold edits: it is shown as it is.
    const open = workspace.textDocuments.some((document) => document.uri.toString() === file.toString());
    if (!open) await workspace.fs.writeFile(file, Buffer.from(text));
    this.inputs.add(file.toString());
    this.trusses.adopt(file, truss);
    await window.showTextDocument(file, { preview: false });
    void window.setStatusBarMessage("Run Truss: Predict in Container when the input is ready", 10_000);
  }

  /** Sends the input; a fault in it is told instead. */
  private async submit(truss: Truss, text: string): Promise<void> {
    const parsed = parseInput(text);
    if (!parsed.ok) {
      void window.showErrorMessage(parsed.message);
      return;
    }
    if (!(await saveDocuments(this.trusses, truss))) return;
    const title = `${truss.name} answer`;
    const outcome = await this.streamed(truss, title, parsed.value);
    if (!isFailure(outcome)) return this.pages.show(truss.uri, title, answerPage(outcome, new Date()));
    if (outcome.error.model_error) {
      return this.pages.show(truss.uri, title, failurePage(outcome.error, new Date()));
    }
    await showFailure(this.pages, truss, outcome.error);
  }

  /** The answer; where it comes piece by piece, the page shows what has come so far. */
  private async streamed(truss: Truss, title: string, input: unknown): Promise<Outcome<Prediction>> {
    const stream = randomUUID();
    const at = new Date();
    let text = "";
    const listening = this.server.streams.listen(stream, (piece) => {
      const isFirst = text === "";
      text += piece;
      const page = streamPage(text, at);
      if (isFirst) void this.pages.show(truss.uri, title, page);
      else this.pages.write(truss.uri, title, page.text);
    });
    try {
      return await this.server.work<Prediction>("truss.predict", { uri: truss.uri, input, stream }, `Predicting in ${truss.name}`);
    } finally {
      listening.dispose();
    }
  }
}

function faultOf(text: string): string | undefined {
  const parsed = parseInput(text);
  return parsed.ok ? undefined : parsed.message;
}

function pretty(text: string): string {
  const parsed = parseInput(text);
  return parsed.ok ? `${JSON.stringify(parsed.value, null, 2)}\n` : text;
}
