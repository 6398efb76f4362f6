// Control Truss for VS Code: starts the language server and gives its commands a face.
import { type ExtensionContext, workspace } from "vscode";
import { Commands } from "./commands";
import { Following } from "./following";
import { Logs } from "./log";
import { Pages } from "./pages";
import { Predictor } from "./predict";
import { Server } from "./server";
import { StatusItem } from "./status";
import { Trusses } from "./trusses";

export async function activate(context: ExtensionContext): Promise<void> {
  const logs = new Logs();
  const trusses = new Trusses();
  const pages = new Pages();
  const server = new Server({ context, logs, trusses, pages });
  const predictor = new Predictor(context, server, trusses, pages);
  const following = new Following(server, logs, pages);
  const commands = new Commands(server, trusses, pages, logs, predictor, following);
  const status = new StatusItem(server, trusses);

  context.subscriptions.push(
    logs,
    trusses,
    pages,
    following,
    server,
    status,
    ...commands.register(),
    trusses.onDidChange(() => status.update()),
    server.onDidChange(() => status.update()),
    workspace.onDidChangeConfiguration(() => status.update()),
  );

  await trusses.watch();
  await server.watch();
}
