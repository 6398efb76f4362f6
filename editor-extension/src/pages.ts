// Read-only documents that the extension writes: answers and plans.
import {
  type CancellationToken,
  type Disposable,
  DocumentLink,
  EventEmitter,
  Range,
  type TextDocument,
  Uri,
  ViewColumn,
  languages,
  window,
  workspace,
} from "vscode";
import { type Page, framesIn } from "./core/answer";

const SCHEME = "control-truss";

export class Pages {
  /** Page -> text. Kept when its editor is closed, which may be opened again; a Truss has few pages. */
  private readonly texts = new Map<string, string>();
  private readonly emitter = new EventEmitter<Uri>();
  private readonly subscriptions: Disposable[];

  constructor() {
    this.subscriptions = [
      this.emitter,
      workspace.registerTextDocumentContentProvider(SCHEME, {
        onDidChange: this.emitter.event,
        provideTextDocumentContent: (uri) => this.texts.get(uri.toString()) ?? "",
      }),
      languages.registerDocumentLinkProvider({ scheme: SCHEME }, { provideDocumentLinks: frameLinks }),
    ];
  }

  /** Writes a page of a Truss; an editor that shows the page already follows. */
  write(truss: string, title: string, text: string): Uri {
    const uri = Uri.from({ scheme: SCHEME, path: `/${title}`, query: truss });
    this.texts.set(uri.toString(), text);
    this.emitter.fire(uri);
    return uri;
  }

  /** Shows a page beside the editor, which keeps the focus. */
  async show(truss: string, title: string, page: Page): Promise<void> {
    const document = await workspace.openTextDocument(this.write(truss, title, page.text));
    const shown = await languages.setTextDocumentLanguage(document, page.language);
    const column = columnOf(document.uri) ?? ViewColumn.Beside;
    await window.showTextDocument(shown, { viewColumn: column, preserveFocus: true, preview: false });
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}

function columnOf(uri: Uri): ViewColumn | undefined {
  return window.visibleTextEditors.find((editor) => editor.document.uri.toString() === uri.toString())?.viewColumn;
}

/** Frames of a traceback open the file at their line. */
function frameLinks(document: TextDocument, _token: CancellationToken): DocumentLink[] {
  const root = Uri.parse(document.uri.query);
  return framesIn(document.getText()).map((frame) => {
    const range = new Range(document.positionAt(frame.start), document.positionAt(frame.end));
    return new DocumentLink(range, Uri.joinPath(root, frame.path).with({ fragment: `L${frame.line}` }));
  });
}
