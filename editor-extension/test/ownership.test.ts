import assert from "node:assert/strict";
import { test } from "node:test";
import { directoryKey, looksLikeTruss, ownerOf } from "../src/core/ownership";
import { readsFiles, trussOfArguments } from "../src/core/protocol";

const TRUSSES = ["file:///w/iris", "file:///w/iris/inner", "file:///w/iris-2"];
const OWNERS: [string, string | undefined][] = [
  ["file:///w/iris/model/model.py", "file:///w/iris"],
  ["file:///w/iris/inner/config.yaml", "file:///w/iris/inner"],
  ["file:///w/iris-2/config.yaml", "file:///w/iris-2"],
  ["file:///w/iris", "file:///w/iris"],
  ["file:///w/notes.md", undefined],
];
for (const [file, owner] of OWNERS) {
  test(`${file} belongs to ${owner ?? "no Truss"}`, () => assert.equal(ownerOf(file, TRUSSES), owner));
}

const CONFIGS: [string, boolean, boolean][] = [
  ["title: my site\n", false, false],
  ["", true, true],
  ["model_name: iris\n", false, true],
  ["nested:\n  model_name: iris\n", false, false],
  ["use_control_plane : true\r\n", false, true],
];
for (const [text, hasModel, expected] of CONFIGS) {
  test(`${JSON.stringify(text)} ${hasModel ? "with" : "without"} a model: ${expected}`, () =>
    assert.equal(looksLikeTruss(text, hasModel), expected));
}

test("a directory has one spelling", () => assert.equal(directoryKey("file:///w/iris//"), "file:///w/iris"));

test("a command names its Truss in its first argument", () => {
  assert.equal(trussOfArguments([{ uri: "file:///w/iris" }]), "file:///w/iris");
  for (const args of [[], [null], ["file:///w"], [{ uri: 1 }]]) assert.equal(trussOfArguments(args), undefined);
});

test("documents are saved before what reads files, and only then", () => {
  assert.ok(["truss.patchContainer", "truss.rebuildContainer", "truss.predict"].every(readsFiles));
  assert.ok(!["truss.stopContainer", "truss.logs", "truss.predictInput"].some(readsFiles));
});
