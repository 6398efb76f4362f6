// A folder that nobody has trusted yet: its config is checked, its commands are off.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { given, scenario } from "./scenario.mjs";

const config = `${given.truss}/config.yaml`;
writeFileSync(config, readFileSync(config, "utf8").replace("description:", "descripton:"));

await scenario({ settings: { "controlTruss.interpreter": given.python }, trust: true }, async (workbench, step) => {
  await workbench.openFile("iris/config.yaml");
  await step("the typo is underlined", () => workbench.page.locator(".squiggly-error, .squiggly-warning").first().waitFor());
  await step("the palette offers no command that would run something", async () => {
    await workbench.chord("F1", workbench.quickInput);
    await workbench.quickInput.fill(">Truss: ");
    await workbench.quickRow("Truss: Show Server Log").waitFor();
    assert.equal(await workbench.quickRow("Truss: Start Container").count(), 0);
  });
});
