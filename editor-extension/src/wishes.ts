// What the server asks the extension for: to keep a word of the user's, to open a plan.
import { ConfigurationTarget, Uri, commands, workspace } from "vscode";
import type { PatchOnSaveWord, PlanPage } from "./core/protocol";
import type { Pages } from "./pages";

/** "Always" or "Never" after a save: kept where the folder of that Truss keeps its settings. */
export async function rememberPatchOnSave(word: PatchOnSaveWord): Promise<void> {
  const several = (workspace.workspaceFolders ?? []).length > 1;
  const target = several ? ConfigurationTarget.WorkspaceFolder : ConfigurationTarget.Workspace;
  await workspace.getConfiguration("controlTruss", Uri.parse(word.uri)).update("patchOnSave", word.value, target);
}

export async function showPlan(pages: Pages, plan: PlanPage): Promise<void> {
  const page = pages.write(plan.uri, `${plan.name} plan.md`, plan.markdown);
  await commands.executeCommand("markdown.showPreviewToSide", page);
}
