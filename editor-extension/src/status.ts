// The one item in the status bar: the container of the Truss being edited, or what ails the server.
import { MarkdownString, StatusBarAlignment, type StatusBarItem, ThemeColor, window, workspace } from "vscode";
import { type Description, describeContainer, describeServer } from "./core/describe";
import type { Server } from "./server";
import type { Trusses } from "./trusses";

const BACKGROUNDS: Record<Description["severity"], ThemeColor | undefined> = {
  normal: undefined,
  warning: new ThemeColor("statusBarItem.warningBackground"),
  error: new ThemeColor("statusBarItem.errorBackground"),
};

export class StatusItem {
  private readonly item: StatusBarItem = window.createStatusBarItem("controlTruss.status", StatusBarAlignment.Left, 10);

  constructor(
    private readonly server: Server,
    private readonly trusses: Trusses,
  ) {
    this.item.name = "Truss Container";
  }

  update(): void {
    const enabled = workspace.getConfiguration("controlTruss").get<boolean>("statusBar.enabled", true);
    const description = enabled ? this.describe() : undefined;
    if (description === undefined) return this.item.hide();
    this.item.text = description.text;
    this.item.tooltip = trustedMarkdown(description.tooltip);
    this.item.backgroundColor = BACKGROUNDS[description.severity];
    this.item.command = this.server.state === "failed" ? "controlTruss.showServerLog" : "controlTruss.showStatus";
    this.item.show();
  }

  dispose(): void {
    this.item.dispose();
  }

  private describe(): Description | undefined {
    const truss = this.trusses.current();
    if (this.trusses.all().length === 0) return undefined;
    if (this.server.state !== "running") return describeServer(this.server.state, this.server.message);
    return truss?.status && describeContainer(truss.status);
  }
}

function trustedMarkdown(text: string): MarkdownString {
  const markdown = new MarkdownString(text, true);
  markdown.isTrusted = true;
  return markdown;
}
