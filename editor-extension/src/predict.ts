// Truss: Predict in Container. Asks for the input, shows the answer beside.
import {
  type ExtensionContext,
  QuickInputButtons,
  type TextDocument,
  ThemeIcon,
  Uri,
  commands,
  window,
  workspace,
} from "vscode";
import { answerPage, failurePage } from "./core/answer";
import { type Offer, offer, parseInput } from "./core/input";
import { type PredictInput, type Prediction, isFailure } from "./core/protocol";
import { showFailure } from "./failures";
import type { Pages } from "./pages";
import { saveDocuments } from "./save";
import type { Server } from "./server";
import type { Truss, Trusses } from "./trusses";

const EDIT = { iconPath: new ThemeIcon("edit"), tooltip: "Write the input in an editor" };

export class Predictor {
  /** Path of an input's file -> URI of the Truss that it is for. */
  private readonly inputs = new Map<string, string>();

  constructor(
    private readonly context: ExtensionContext,
    private readonly server: Server,
    private readonly trusses: Trusses,
    private readonly pages: Pages,
  ) {}

  /** The Truss whose input is being edited, if one is. */
  get edited(): Truss | undefined {
    const path = window.activeTextEditor?.document.uri.path;
    const uri = path === undefined ? undefined : this.inputs.get(path);
    return uri === undefined ? undefined : this.trusses.get(uri);
  }

  async predict(truss: Truss): Promise<void> {
    const document = window.activeTextEditor?.document;
    if (document !== undefined && this.inputs.get(document.uri.path) === truss.uri) {
      return this.predictDocument(truss, document);
    }
    const prefill = await this.server.run<PredictInput>("truss.predictInput", { uri: truss.uri });
    if (isFailure(prefill)) return showFailure(this.pages, truss, prefill.error);
    const offered = offer(prefill);
    if (offered.place === "editor") return this.edit(truss, offered.text);
    const answer = await this.ask(truss, offered);
    if (answer === undefined) return;
    if (answer.inEditor) await this.edit(truss, pretty(answer.text));
    else await this.send(truss, answer.text);
  }

  /** Sends what the editor holds; a fault in it is told, and the editor stays. */
  private async predictDocument(truss: Truss, document: TextDocument): Promise<void> {
    const parsed = parseInput(document.getText());
    if (!parsed.ok) {
      void window.showErrorMessage(parsed.message);
      return;
    }
    await document.save();
    await this.send(truss, document.getText());
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
    await workspace.fs.writeFile(file, Buffer.from(text));
    this.inputs.set(file.path, truss.uri);
    await commands.executeCommand("setContext", "controlTruss.inputs", [...this.inputs.keys()]);
    await window.showTextDocument(file, { preview: false });
    void window.setStatusBarMessage("Run Truss: Predict in Container when the input is ready", 10_000);
  }

  private async send(truss: Truss, text: string): Promise<void> {
    if (!(await saveDocuments(this.trusses, truss))) return;
    const parsed = parseInput(text);
    if (!parsed.ok) return;
    const title = `${truss.name} answer`;
    const argument = { uri: truss.uri, input: parsed.value };
    const outcome = await this.server.work<Prediction>("truss.predict", argument, `Predicting in ${truss.name}`);
    if (!isFailure(outcome)) return this.pages.show(truss.uri, title, answerPage(outcome, new Date()));
    if (outcome.error.model_error) {
      return this.pages.show(truss.uri, title, failurePage(outcome.error, new Date()));
    }
    await showFailure(this.pages, truss, outcome.error);
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
