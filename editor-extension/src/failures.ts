// A command that failed: one message, with the one step that leads on.
import { commands, window } from "vscode";
import { failurePage } from "./core/answer";
import { messageOf, nextStep } from "./core/offers";
import type { CommandError } from "./core/protocol";
import type { Pages } from "./pages";
import type { Truss } from "./trusses";

export async function showFailure(pages: Pages, truss: Truss, error: CommandError): Promise<void> {
  if (error.type === "Cancelled") return;
  const step = nextStep(error);
  const chosen = await window.showErrorMessage(messageOf(error), ...(step === undefined ? [] : [step.title]));
  if (step === undefined || chosen === undefined) return;
  if (step.command === "controlTruss.showFailure") {
    await pages.show(truss.uri, `${truss.name} error`, failurePage(error, new Date()));
  } else {
    await commands.executeCommand(step.command, { uri: truss.uri });
  }
}
