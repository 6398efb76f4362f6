// How the state of a container reads in the status bar.
import type { ContainerState, TrussStatus } from "./protocol";

export type ServerState = "starting" | "running" | "failed" | "stopped";

export interface Description {
  text: string;
  /** Markdown; links run commands. */
  tooltip: string;
  severity: "normal" | "warning" | "error";
}

const ICONS: Record<ContainerState, string> = {
  starting: "sync~spin",
  loading: "sync~spin",
  patching: "sync~spin",
  rebuilding: "sync~spin",
  ready: "pass-filled",
  failed: "error",
  stopping: "sync~spin",
  stopped: "circle-outline",
  unreachable: "question",
};

const WORDS: Record<ContainerState, string> = {
  starting: "starting",
  loading: "loading",
  patching: "patching",
  rebuilding: "rebuilding",
  ready: "running",
  failed: "failed",
  stopping: "stopping",
  stopped: "stopped",
  unreachable: "not answering",
};

const SEVERITIES: Partial<Record<ContainerState, Description["severity"]>> = {
  failed: "error",
  unreachable: "warning",
};

/** The container of one Truss. */
export function describeContainer(status: TrussStatus): Description {
  const changed = status.state === "ready" && status.in_sync === false;
  const synced = status.state === "ready" && status.in_sync === true;
  const suffix = changed ? ", changed" : synced ? ", in sync" : "";
  return {
    text: `$(${changed ? "diff-modified" : ICONS[status.state]}) ${status.name}: ${WORDS[status.state]}${suffix}`,
    tooltip: tooltip(status, changed),
    severity: SEVERITIES[status.state] ?? "normal",
  };
}

/** The language server, while it can say nothing about containers. */
export function describeServer(state: ServerState, message: string): Description | undefined {
  switch (state) {
    case "running":
    case "stopped":
      return undefined;
    case "starting":
      return { text: "$(loading~spin) Truss", tooltip: "The language server is starting.", severity: "normal" };
    case "failed":
      return {
        text: "$(error) Truss: no language server",
        tooltip: [escapeMarkdown(message), link("Show the log", "controlTruss.showServerLog"), link("Try again", "controlTruss.restartServer")].join("\n\n"),
        severity: "error",
      };
  }
}

function tooltip(status: TrussStatus, changed: boolean): string {
  const where = status.runtime && status.state !== "stopped" ? ` on the ${status.runtime} runtime` : "";
  const lines = [`**${escapeMarkdown(status.name)}** is ${WORDS[status.state]}${where}.`];
  if (changed) lines.push("The files have changed since: the container runs an older version.");
  if (status.message) lines.push(escapeMarkdown(status.message));
  if (status.hash && status.state !== "stopped") lines.push(`Version \`${status.hash.slice(0, 12)}\``);
  lines.push(actions(status, changed).join(" · "));
  return lines.join("\n\n");
}

function actions(status: TrussStatus, changed: boolean): string[] {
  if (status.state === "stopped") return [link("Start", "controlTruss.startContainer")];
  const always = [
    link("Predict", "controlTruss.predict"),
    link("Logs", "controlTruss.showContainerLogs"),
    link("Stop", "controlTruss.stopContainer"),
  ];
  return changed ? [link("Patch", "controlTruss.patchContainer"), ...always] : always;
}

function link(title: string, command: string): string {
  return `[${title}](command:${command})`;
}

/** Text of others (names, messages) must not become links or formatting. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|<>~]/g, "\\$&");
}
