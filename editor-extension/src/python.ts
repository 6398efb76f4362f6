// The interpreter for the language server; the Python extension is asked when it is there.
import { type Disposable, type Event, type Uri, extensions, workspace } from "vscode";
import { type Found, candidates, findInterpreter } from "./core/interpreter";
import { mayUseActiveEnvironment } from "./core/trust";

/** The part of the `ms-python.python` API that is used here. */
interface PythonApi {
  environments: {
    getActiveEnvironmentPath(resource?: Uri): { path: string };
    resolveEnvironment(environment: { path: string }): Promise<{ executable: { uri?: Uri } } | undefined>;
    onDidChangeActiveEnvironmentPath: Event<unknown>;
  };
}

/** @param directory a folder that is not the user's: interpreters import from where they are asked. */
export async function findServerInterpreter(directory: string): Promise<Found> {
  const folder = workspace.workspaceFolders?.[0]?.uri;
  const setting = workspace.getConfiguration("controlTruss", folder).get<string>("interpreter", "");
  const active = mayUseActiveEnvironment(workspace.isTrusted) ? await activeEnvironment(folder) : undefined;
  return findInterpreter(candidates(setting, active, process.platform), directory);
}

async function activeEnvironment(resource: Uri | undefined): Promise<string | undefined> {
  const api = await pythonApi();
  if (api === undefined) return undefined;
  const resolved = await api.environments.resolveEnvironment(api.environments.getActiveEnvironmentPath(resource));
  return resolved?.executable.uri?.fsPath;
}

export async function onDidChangeEnvironment(listener: () => void): Promise<Disposable | undefined> {
  return (await pythonApi())?.environments.onDidChangeActiveEnvironmentPath(listener);
}

async function pythonApi(): Promise<PythonApi | undefined> {
  return extensions.getExtension<PythonApi>("ms-python.python")?.activate();
}
