// The protocol's client: which documents the server sees, and how it is told of settings and trust.
import { type ExtensionContext, extensions, workspace } from "vscode";
import {
  type CloseHandlerResult,
  ErrorAction,
  type Executable,
  LanguageClient,
  type LanguageClientOptions,
  RevealOutputChannelOn,
  type TextDocumentFilter,
} from "vscode-languageclient/node";
import type { Logs } from "./log";
import { middleware } from "./middleware";
import type { Pages } from "./pages";
import type { Trusses } from "./trusses";

export interface Surroundings {
  context: ExtensionContext;
  logs: Logs;
  trusses: Trusses;
  pages: Pages;
}

export function createClient(interpreter: string, around: Surroundings, closed: () => CloseHandlerResult): LanguageClient {
  // The working directory comes first on the module path, so it must be no folder of the user's.
  const cwd = around.context.extensionPath;
  const executable: Executable = { command: interpreter, args: ["-m", "lsp_server"], options: { cwd } };
  const options: LanguageClientOptions = {
    documentSelector: selector(around.trusses),
    outputChannel: around.logs.server,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationOptions: {
      trusted: workspace.isTrusted,
      clientCommands: true,
      // What does not parse is said once: by the server that is there for any YAML.
      otherYamlServer: extensions.getExtension("redhat.vscode-yaml") !== undefined,
    },
    initializationFailedHandler: () => false,
    errorHandler: { error: () => ({ action: ErrorAction.Continue, handled: true }), closed },
    middleware: middleware(around.trusses, around.pages),
  };
  return new LanguageClient("controlTruss", "Control Truss", executable, options);
}

/** Any config.yaml, because the server knows best which is a Truss; else only files of a Truss. */
function selector(trusses: Trusses): TextDocumentFilter[] {
  const inside = trusses.all().map((truss) => ({ scheme: "file", pattern: { baseUri: truss.uri, pattern: "**" } }));
  return [{ scheme: "file", language: "yaml", pattern: "**/config.yaml" }, ...inside];
}
