// Real interpreters: small scripts that answer as a Python would.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { findInterpreter } from "../src/core/interpreter";

const folder = mkdtempSync(join(tmpdir(), "control-truss-interpreter-"));
after(() => rmSync(folder, { recursive: true }));

function script(name: string, body: string, mode = 0o755): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, mode);
  return path;
}

const good = script("good", "echo 3.11.2");
const bare = script("bare", `echo "ModuleNotFoundError: No module named 'lsp_server'" >&2; exit 1`);
const old = script("old", `echo "Traceback" >&2; echo "SyntaxError: invalid syntax" >&2; exit 1`);

test("the first interpreter that has the server is taken", async () => {
  const found = await findInterpreter([{ path: bare, origin: "a" }, { path: good, origin: "b" }], folder);
  assert.deepEqual(found, { ok: true, path: good, version: "3.11.2" });
});

const REFUSALS: [string, string, RegExp][] = [
  ["a path that is not there", join(folder, "none"), /none \(setting\) does not exist/],
  ["a Python without the package", bare, /bare \(setting\) does not have control-truss installed/],
  ["a Python that fails", old, /old \(setting\) failed: SyntaxError: invalid syntax/],
];
for (const [what, path, message] of REFUSALS) {
  test(`${what} is refused in one line that says what to do`, async () => {
    const found = await findInterpreter([{ path, origin: "setting" }], folder);
    assert.ok(!found.ok);
    assert.match(found.message, message);
    assert.match(found.message, /set controlTruss\.interpreter\.$/);
    assert.ok(!found.message.includes("\n"));
  });
}
