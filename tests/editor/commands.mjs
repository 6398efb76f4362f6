// The commands beside the main job: status, logs, an input in an editor, the plan of a patch.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { given, scenario } from "./scenario.mjs";
import { LOAD_MS } from "./workbench.mjs";

const model = `${given.truss}/model/model.py`;
const lineOf = (text) => readFileSync(model, "utf8").split("\n").findIndex((line) => line.includes(text)) + 1;

const settings = {
  "controlTruss.interpreter": given.python,
  "controlTruss.patchOnSave": "off",
  "controlTruss.anyPython": true,
};

await scenario({ settings }, async (workbench, step) => {
  const { page } = workbench;
  const answer = workbench.editor("letter answer");

  await workbench.openFile("letter/model/model.py");
  await step("nothing runs: the status bar says so", () => workbench.says("letter: stopped"));
  await step("the button in the title of the editor starts the Truss", async () => {
    await page.locator(".editor-actions .action-label.codicon-vm-running").first().click();
    await workbench.says("letter: running, in sync", LOAD_MS);
  });

  await step("Show Container Status lists what can be done; logs are one of it", async () => {
    await workbench.command("Truss: Show Container Status");
    await workbench.quick.locator(".monaco-list-row", { hasText: "Show Container Logs" }).click();
    await page.locator(".panel .view-line", { hasText: "the letter opener is ready" }).first().waitFor();
    await page.keyboard.press("Control+1");
  });

  await step("a long input opens in an editor", async () => {
    await workbench.command("Truss: Predict in Container");
    await workbench.editor("letter input.json").locator(".view-line", { hasText: "Dear reader" }).first().waitFor();
  });
  await step("and is sent from there", async () => {
    await workbench.command("Truss: Predict in Container");
    await answer.locator(".view-line", { hasText: '"words": 74' }).waitFor();
  });

  await step("an edit that is not saved yet is saved, then planned, and nothing is patched", async () => {
    await workbench.openFile("letter/model/model.py");
    await workbench.replaceLine(lineOf("return"), 'return print("opened", flush=True) or {"letters": sum(map(len, words))}');
    await workbench.command("Truss: Show Plan");
    const preview = page.frameLocator("iframe.webview.ready").frameLocator("#active-frame");
    await preview.locator("td", { hasText: /^S[12]$/ }).first().waitFor();
    assert.match(readFileSync(model, "utf8"), /"letters"/);
    await workbench.says("letter: running, changed");
  });

  await step("Patch Running Container brings it up to date", async () => {
    await workbench.command("Truss: Patch Running Container");
    await workbench.says("letter: running, in sync");
  });

  await step("the log goes on in its panel, without being asked for again", async () => {
    await workbench.focusTab("letter input.json");
    await workbench.command("Truss: Predict in Container");
    await answer.locator(".view-line", { hasText: '"letters":' }).waitFor();
    await page.locator(".panel .view-line", { hasText: "opened" }).first().waitFor();
  });

  await step("an answer that streams is shown as text", async () => {
    await workbench.focusTab("model.py");
    await workbench.replaceLine(lineOf("return"), 'return (f"{word}\\n" for word in words)');
    await workbench.command("Truss: Patch Running Container");
    await workbench.says("letter: running, in sync");
    await workbench.focusTab("letter input.json");
    await workbench.command("Truss: Predict in Container");
    await answer.locator(".view-line", { hasText: /^Dear$/ }).waitFor();
    await answer.locator(".view-line", { hasText: /200\sOK/ }).waitFor();
  });

  await step("so does the code action, which saves what is typed first", async () => {
    await workbench.focusTab("model.py");
    await workbench.replaceLine(lineOf("return"), 'return {"words": len(words)}');
    const actions = await workbench.codeActions();
    await actions.filter({ hasText: "Patch running container" }).first().click();
    await workbench.saved();
    await workbench.says("letter: running, in sync");
    assert.doesNotMatch(readFileSync(model, "utf8"), /"letters"/);
  });

  await step("Stop Container", async () => {
    await workbench.command("Truss: Stop Container");
    await workbench.says("letter: stopped");
  });
});
