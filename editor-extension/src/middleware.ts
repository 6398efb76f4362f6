// What stands between the editor and the server: trust, and saving before files are read.
import { window, workspace } from "vscode";
import type { Middleware } from "vscode-languageclient/node";
import { isFailure, readsFiles, trussOfArguments } from "./core/protocol";
import { isAllowed, settingsFor } from "./core/trust";
import { showFailure } from "./failures";
import type { Pages } from "./pages";
import { saveDocuments } from "./save";
import type { Trusses } from "./trusses";

export function middleware(trusses: Trusses, pages: Pages): Middleware {
  return {
    // Code actions and lenses of the server come through here.
    executeCommand: async (command, args, next) => {
      if (!isAllowed(command, workspace.isTrusted)) {
        void window.showWarningMessage("Trust this folder first: Control Truss runs nothing of an untrusted one.");
        return undefined;
      }
      const uri = trussOfArguments(args);
      const truss = uri === undefined ? undefined : trusses.get(uri);
      if (truss !== undefined && readsFiles(command) && !(await saveDocuments(trusses, truss))) return undefined;
      const outcome: unknown = await next(command, args);
      if (truss !== undefined && typeof outcome === "object" && outcome !== null && isFailure(outcome)) {
        void showFailure(pages, truss, outcome.error);
      }
      return outcome;
    },
    workspace: {
      configuration: async (params, token, next) => {
        const sections = await next(params, token);
        if (!Array.isArray(sections)) return sections;
        return sections.map((section) => settingsFor(section, workspace.isTrusted));
      },
    },
  };
}
