import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { candidates } from "../src/core/interpreter";
import { isAllowed, mayUseActiveEnvironment, settingsFor } from "../src/core/trust";

const manifest = JSON.parse(readFileSync("package.json", "utf8"));

test("an untrusted folder runs no command of the server", () => {
  assert.equal(isAllowed("truss.startContainer", false), false);
  assert.equal(isAllowed("truss.startContainer", true), true);
});

test("an untrusted folder patches nothing on save", () => {
  const section = { patchOnSave: "on", runtime: "local" };
  assert.deepEqual(settingsFor(section, false), { patchOnSave: "off", runtime: "local" });
  assert.equal(settingsFor(section, true), section);
  assert.equal(settingsFor(null, false), null);
});

test("an untrusted folder does not choose the interpreter", () => {
  assert.equal(mayUseActiveEnvironment(false), false);
  const { restrictedConfigurations, supported } = manifest.capabilities.untrustedWorkspaces;
  assert.equal(supported, "limited");
  assert.ok(restrictedConfigurations.includes("controlTruss.interpreter"));
});

test("every command that acts on a container needs trust", () => {
  const free = manifest.contributes.commands
    .filter((command: { enablement?: string }) => command.enablement !== "isWorkspaceTrusted")
    .map((command: { command: string }) => command.command);
  assert.deepEqual(free, ["controlTruss.restartServer", "controlTruss.debugInfo", "controlTruss.showServerLog"]);
});

test("every setting that has a container run something is restricted", () => {
  const settings = Object.keys(manifest.contributes.configuration.properties);
  const restricted = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
  assert.deepEqual(
    settings.filter((setting) => !restricted.includes(setting)),
    [
      "controlTruss.codeLens",
      "controlTruss.inlayHints.defaults",
      "controlTruss.inlayHints.amounts",
      "controlTruss.inlayHints.pending",
      "controlTruss.statusBar.enabled",
      "controlTruss.trace.server",
    ],
  );
});

test("the interpreter: the setting alone, else the active environment, then the PATH", () => {
  const paths = (...args: Parameters<typeof candidates>) => candidates(...args).map((candidate) => candidate.path);
  assert.deepEqual(paths("/opt/py", "/env/py", "linux"), ["/opt/py"]);
  assert.deepEqual(paths("", "/env/py", "linux"), ["/env/py", "python3"]);
  assert.deepEqual(paths("", undefined, "linux"), ["python3"]);
  assert.deepEqual(paths("", undefined, "win32"), ["python"]);
});
