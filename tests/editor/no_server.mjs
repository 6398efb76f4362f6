// The interpreter that the settings name does not exist: one status item says so, and no toast.
import assert from "node:assert/strict";
import { given, scenario } from "./scenario.mjs";

const settings = { "controlTruss.interpreter": `${given.home}/no-such-python` };

await scenario({ settings }, async (workbench, step) => {
  await workbench.openFile("iris/config.yaml");
  await step("the status bar says that there is no language server", () =>
    workbench.statusItem("Truss: no language server").waitFor(),
  );
  await step("nothing pops up", async () => {
    assert.equal(await workbench.page.locator(".notification-list-item").count(), 0);
  });
  await step("the item opens the log, which says why in one line", async () => {
    await workbench.statusItem("Truss: no language server").locator("a").click();
    await workbench.page.locator(".output-view-container .view-line, .panel .view-line", { hasText: "no-such-python" }).first().waitFor();
  });
});
