import assert from "node:assert/strict";
import { test } from "node:test";
import { messageOf, nextStep } from "../src/core/offers";

test("a failure offers the one step that leads on", () => {
  const error = { message: "No container runs.", hint: "Start it." };
  assert.equal(nextStep({ ...error, type: "NotRunning" })?.command, "controlTruss.startContainer");
  assert.equal(nextStep({ ...error, type: "RebuildNeeded" })?.command, "controlTruss.rebuildContainer");
  assert.equal(nextStep({ ...error, type: "PortTaken" }), undefined);
  const model_error = { phase: "load", type: "ValueError", message: "x", traceback: "" } as const;
  assert.equal(nextStep({ ...error, type: "PatchFailed", model_error })?.title, "Show Traceback");
  assert.equal(messageOf({ ...error, type: "NotRunning" }), "No container runs. Start it.");
});
