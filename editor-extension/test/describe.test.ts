import assert from "node:assert/strict";
import { test } from "node:test";
import { describeContainer, describeServer } from "../src/core/describe";
import type { TrussStatus } from "../src/core/protocol";

const READY: TrussStatus = { uri: "file:///w/iris", name: "iris", state: "ready", runtime: "local", hash: "0123456789abcdef", in_sync: true };

const TEXTS: [Partial<TrussStatus>, string][] = [
  [{}, "$(pass-filled) iris: running, in sync"],
  [{ in_sync: false }, "$(diff-modified) iris: running, changed"],
  [{ in_sync: null }, "$(pass-filled) iris: running"],
  [{ state: "starting" }, "$(sync~spin) iris: starting"],
  [{ state: "loading", in_sync: null }, "$(sync~spin) iris: loading"],
  [{ state: "patching", in_sync: false }, "$(sync~spin) iris: patching"],
  [{ state: "failed" }, "$(error) iris: failed"],
  [{ state: "unreachable" }, "$(question) iris: not answering"],
  [{ state: "stopped", in_sync: null }, "$(circle-outline) iris: stopped"],
];
for (const [status, text] of TEXTS) {
  test(`the status bar says "${text}"`, () => assert.equal(describeContainer({ ...READY, ...status }).text, text));
}

test("a failed container is an error, a silent one a warning, all others are calm", () => {
  assert.equal(describeContainer({ ...READY, state: "failed" }).severity, "error");
  assert.equal(describeContainer({ ...READY, state: "unreachable" }).severity, "warning");
  assert.equal(describeContainer({ ...READY, in_sync: false }).severity, "normal");
});

test("the tooltip offers what makes sense", () => {
  const links = (status: Partial<TrussStatus>) =>
    [...describeContainer({ ...READY, ...status }).tooltip.matchAll(/\(command:controlTruss\.(\w+)\)/g)].map((match) => match[1]);
  assert.deepEqual(links({ state: "stopped" }), ["startContainer"]);
  assert.deepEqual(links({}), ["predict", "showContainerLogs", "stopContainer"]);
  assert.deepEqual(links({ in_sync: false }), ["patchContainer", "predict", "showContainerLogs", "stopContainer"]);
});

test("a name or message cannot smuggle in a link", () => {
  const { tooltip } = describeContainer({ ...READY, name: "[x](command:evil)", message: "[y](command:evil)" });
  assert.doesNotMatch(tooltip, /\]\(command:evil\)/);
});

test("only a server that starts or has failed is shown", () => {
  assert.equal(describeServer("running", ""), undefined);
  assert.equal(describeServer("stopped", ""), undefined);
  assert.match(describeServer("starting", "")?.text ?? "", /spin/);
  const failed = describeServer("failed", "no python");
  assert.equal(failed?.severity, "error");
  assert.match(failed?.tooltip ?? "", /^no python\n\n.*controlTruss\.showServerLog.*controlTruss\.restartServer/s);
});
