// Runs one scenario: a workbench on a folder, steps with their times, a picture when one fails.
import { dirname, join } from "node:path";
import { Workbench, launchBrowser, startCodeServer } from "./workbench.mjs";

/** What the Python side hands over, as one JSON argument. */
export const given = JSON.parse(process.argv[2]);

/**
 * @param settings user settings of the workbench
 * @param play gets the workbench and `step(name, action)`; a step that throws ends the scenario
 */
export async function scenario({ settings = {}, trust = false }, play) {
  const started = Date.now();
  const step = async (name, action) => {
    const result = await action();
    console.log(`${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${name}`);
    return result;
  };
  let browser, server, workbench;
  try {
    server = await step("code-server answers", () => startCodeServer({ ...given, settings, trust }));
    browser = await launchBrowser({ tools: given.tools, executable: given.browser });
    workbench = await step("workbench open", () => Workbench.open(browser, server.url, dirname(given.truss)));
    await play(workbench, step);
  } catch (fault) {
    console.log(fault);
    await workbench?.page.screenshot({ path: join(given.home, "failure.png") });
    process.exitCode = 1;
  } finally {
    await browser?.close();
    await server?.stop();
  }
}
