// The plan of a patch as Markdown.
import { escapeMarkdown } from "./describe";
import type { Plan, Reason } from "./protocol";

export function planPage(name: string, plan: Plan): string {
  const lines = [`# ${escapeMarkdown(name)}: ${plan.strategy} ${escapeMarkdown(plan.title)}`, ""];
  if (plan.reasons.length === 0) {
    lines.push("Nothing has changed: the container runs what the files say.");
    return `${lines.join("\n")}\n`;
  }
  if (plan.upper_bound) {
    lines.push("Nothing runs that could say exactly, so this is the most that the change can take.", "");
  }
  lines.push("| What changed | Strategy | Why |", "| --- | --- | --- |", ...plan.reasons.map(row));
  return `${lines.join("\n")}\n`;
}

function row(reason: Reason): string {
  const cells = [reason.subject, reason.strategy, reason.reason].map((cell) => escapeMarkdown(cell).replace(/\r?\n/g, " "));
  return `| ${cells.join(" | ")} |`;
}
