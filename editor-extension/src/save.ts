// What is typed but not saved is no part of a patch: it is saved first.
import { workspace } from "vscode";
import type { Truss, Trusses } from "./trusses";

/** Saves the unsaved documents of a Truss; false when one of them could not be saved. */
export async function saveDocuments(trusses: Trusses, truss: Truss): Promise<boolean> {
  const unsaved = workspace.textDocuments.filter(
    (document) => document.isDirty && !document.isUntitled && trusses.owning(document.uri)?.uri === truss.uri,
  );
  const saved = await Promise.all(unsaved.map((document) => document.save()));
  return saved.every(Boolean);
}
