// The active environment of the Python extension, when that extension is there.
import { type Disposable, type Event, type Uri, extensions } from "vscode";

/** The part of the `ms-python.python` API that is used here. */
interface PythonApi {
  environments: {
    getActiveEnvironmentPath(resource?: Uri): { path: string };
    resolveEnvironment(environment: { path: string }): Promise<{ executable: { uri?: Uri } } | undefined>;
    onDidChangeActiveEnvironmentPath: Event<unknown>;
  };
}

export async function activeEnvironment(resource: Uri | undefined): Promise<string | undefined> {
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
