// What stands between the editor and the server: trust, and saving before files are read.
import { window, workspace } from "vscode";
import type { Middleware } from "vscode-languageclient/node";
import { readsFiles, trussOfArguments } from "./core/protocol";
import { isAllowed, settingsFor } from "./core/trust";
import { saveDocuments } from "./save";
import type { Trusses } from "./trusses";

export function middleware(trusses: Trusses): Middleware {
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
      return next(command, args);
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
