// The main job in the editor: a save changes what the running Truss answers.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { given, scenario } from "./scenario.mjs";
import { LOAD_MS } from "./workbench.mjs";

const config = `${given.truss}/config.yaml`;
const model = `${given.truss}/model/model.py`;
const kept = `${dirname(given.truss)}/.vscode/settings.json`;
const write = (path, edit) => writeFileSync(path, edit(readFileSync(path, "utf8")));
const lineOf = (path, text) => readFileSync(path, "utf8").split("\n").findIndex((line) => line.includes(text)) + 1;

const settings = {
  "controlTruss.interpreter": given.python,
  "controlTruss.anyPython": true,
};

write(config, (text) => text.replace("description:", "descripton:"));

await scenario({ settings }, async (workbench, step) => {
  const { page } = workbench;
  const answer = workbench.editor("iris answer");
  const predict = async () => {
    await workbench.command("Truss: Predict in Container");
    await workbench.quick.locator(".quick-input-message", { hasText: "Input of the model" }).waitFor();
    const prefilled = await workbench.quickInput.inputValue();
    await page.keyboard.press("Enter");
    return prefilled;
  };

  await workbench.openFile("iris/config.yaml");
  await step("a typo in config.yaml is underlined", () => page.locator(".squiggly-error, .squiggly-warning").first().waitFor());
  await step("and told in Problems", async () => (await workbench.problem("descripton")).waitFor());
  await step("the quick fix mends it", async () => {
    await page.keyboard.press("Control+1");
    await workbench.goto(lineOf(config, "descripton"), 3);
    const actions = await workbench.codeActions();
    await actions.filter({ hasText: "description" }).first().click();
    await page.locator(".squiggly-error, .squiggly-warning").first().waitFor({ state: "detached" });
    await workbench.save();
    assert.match(readFileSync(config, "utf8"), /^description:/m);
  });

  await step("Start Container: the status bar says that it runs", async () => {
    await workbench.command("Truss: Start Container");
    await workbench.says("iris: running, in sync", LOAD_MS);
  });

  await step("Predict asks for the input, prefilled from examples.yaml", async () => {
    assert.deepEqual(JSON.parse(await predict()), { measurements: [5.9, 2.8, 4.3, 1.3] });
  });
  await step("and shows the answer with its latency beside", async () => {
    await answer.locator(".view-line", { hasText: /200\sOK\s·\s[\d.]+\sm?s\s·\s\d+\sbytes/ }).waitFor();
    await answer.locator(".view-line", { hasText: '"versicolor"' }).waitFor();
  });

  await workbench.openFile("iris/model/model.py");
  const question = page.locator(".notification-list-item", { hasText: "Patch the running container of iris?" });
  await step("the first save of model.py asks, with what a patch would do", async () => {
    await workbench.replaceLine(lineOf(model, '"species":'), '"species": self._species[best].upper(),');
    await workbench.save();
    await question.filter({ hasText: "S1 hot swap: " }).waitFor();
  });
  await step("Always patches the container", async () => {
    const patching = workbench.passes("iris: patching");
    await question.locator(".monaco-button", { hasText: "Always" }).click();
    await patching;
    await workbench.says("iris: running, in sync");
  });
  await step("and is kept in the settings of the folder", async () => {
    const word = '"controlTruss.patchOnSave": "on"';
    while (!existsSync(kept) || !readFileSync(kept, "utf8").includes(word)) await delay(50);
  });
  await step("the same question, the last one used, has a new answer", async () => {
    assert.deepEqual(JSON.parse(await predict()), { measurements: [5.9, 2.8, 4.3, 1.3] });
    await answer.locator(".view-line", { hasText: '"VERSICOLOR"' }).waitFor();
  });

  if (given.picture) await step("picture", () => takePicture(workbench, given.picture));

  await step("the next save patches without a question; an exception of predict: the traceback beside, and a problem at its line", async () => {
    await workbench.openFile("iris/model/model.py");
    await workbench.replaceLine(lineOf(model, '"species":'), '"species": self._species[99],');
    const patching = workbench.passes("iris: patching");
    await workbench.save();
    await patching;
    await workbench.says("iris: running, in sync");
    await predict();
    await answer.locator(".view-line", { hasText: "IndexError" }).first().waitFor();
    await (await workbench.problem("IndexError")).waitFor();
  });

  await step("Stop Container: the status bar says so", async () => {
    await workbench.command("Truss: Stop Container");
    await workbench.says("iris: stopped");
  });
});

/** The editor at work: the patched line, the new answer, a typo that is told. Nothing is saved. */
async function takePicture(workbench, path) {
  const { page } = workbench;
  await workbench.openFile("iris/config.yaml");
  await workbench.replaceLine(lineOf(config, "predict_concurrency"), "predict_concurency: 4");
  await (await workbench.problem("predict_concurency")).waitFor();
  await workbench.openFile("iris/model/model.py");
  await workbench.drag([350, 300], [230, 300]); // a slim explorer
  await workbench.drag([700, 507], [700, 640]); // and a low panel
  await workbench.drag([755, 300], [880, 300]); // the code needs more room than the answer
  await workbench.goto(1, 1);
  await workbench.goto(lineOf(model, '"species":'), 1);
  await page.mouse.move(1270, 5); // so that nothing is lit up under it
  await page.locator(".monaco-sash.hover, .monaco-sash.active").first().waitFor({ state: "detached" });
  await page.locator(".notifications-toasts .notification-list-item").first().waitFor({ state: "detached" });
  await page.screenshot({ path });
  await workbench.openFile("iris/config.yaml");
  await workbench.command("File: Revert File");
}
