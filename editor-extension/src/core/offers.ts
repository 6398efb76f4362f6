// What to offer beside the message of a failed command: the one step that leads on.
import type { CommandError } from "./protocol";

export interface Offered {
  title: string;
  command: string;
}

const NEXT_STEPS: Record<string, Offered> = {
  NotRunning: { title: "Start Container", command: "controlTruss.startContainer" },
  RebuildNeeded: { title: "Rebuild and Restart", command: "controlTruss.rebuildContainer" },
  NotControlTruss: { title: "Open config.yaml", command: "controlTruss.openConfig" },
};

export function nextStep(error: CommandError): Offered | undefined {
  if (error.model_error) return { title: "Show Traceback", command: "controlTruss.showFailure" };
  return NEXT_STEPS[error.type];
}

export function messageOf(error: CommandError): string {
  return error.hint ? `${error.message} ${error.hint}` : error.message;
}
