import assert from "node:assert/strict";
import { test } from "node:test";
import { answerPage, bytes, failurePage, framesIn, milliseconds, streamPage } from "../src/core/answer";

const AT = new Date(2026, 0, 2, 15, 4, 5);
const TRACEBACK = 'Traceback (most recent call last):\n  File "model/model.py", line 7, in predict\nKeyError: \'x\'\n';
const MODEL_ERROR = { phase: "predict", type: "KeyError", message: "'x'", traceback: TRACEBACK, path: "model/model.py", line: 7 } as const;

test("a JSON answer is indented under a line of facts", () => {
  const page = answerPage({ status: 200, output: { species: "setosa" }, latency_ms: 3.14159, size: 22, content_type: "application/json" }, AT);
  assert.equal(page.language, "jsonc");
  assert.equal(page.text, '// 200 OK · 3.1 ms · 22 bytes · 15:04:05\n{\n  "species": "setosa"\n}\n');
});

test("a JSON string is JSON, other text is shown as it came", () => {
  const answer = { status: 200, output: "one\ntwo", latency_ms: 12, size: 7 };
  assert.match(answerPage({ ...answer, content_type: "application/json" }, AT).text, /\n"one\\ntwo"\n$/);
  const plain = answerPage({ ...answer, content_type: "text/plain; charset=utf-8" }, AT);
  assert.deepEqual([plain.language, plain.text.endsWith("\n\none\ntwo\n")], ["plaintext", true]);
});

test("a stream shows what has come so far, and in the end when it began", () => {
  assert.equal(streamPage("twö ", AT).text, "streaming · 5 bytes so far · 15:04:05\n\ntwö ");
  const answer = { status: 200, output: "twö", kind: "text", latency_ms: 900, first_byte_ms: 12, size: 4 } as const;
  assert.match(answerPage(answer, AT).text, /^200 OK · 900 ms, first byte after 12 ms · 4 bytes/);
});

test("MessagePack is told as such and shown as JSON", () => {
  const answer = { status: 200, output: "x", kind: "msgpack", latency_ms: 2, size: 2, content_type: "application/octet-stream" } as const;
  assert.deepEqual(answerPage(answer, AT), { language: "jsonc", text: '// 200 OK · 2.0 ms · 2 bytes · MessagePack · 15:04:05\n"x"\n' });
});

test("an exception of the model shows its place and traceback", () => {
  const page = answerPage({ status: 500, output: null, latency_ms: 5, size: 0, model_error: MODEL_ERROR }, AT);
  assert.equal(page.language, "plaintext");
  assert.match(page.text, /^500 · 5\.0 ms/);
  assert.match(page.text, /KeyError in predict at model\/model\.py:7: 'x'/);
  assert.ok(page.text.endsWith(TRACEBACK));
});

test("no answer at all says why and what to do", () => {
  const page = failurePage({ type: "NotRunning", message: "Nothing runs.", hint: "Start it." }, AT);
  assert.equal(page.text, "no answer · 15:04:05\n\nNothing runs.\nStart it.\n");
});

test("the frames of a traceback are found where they stand", () => {
  const [frame] = framesIn(TRACEBACK);
  assert.deepEqual([frame?.path, frame?.line], ["model/model.py", 7]);
  assert.equal(TRACEBACK.slice(frame?.start, frame?.end), 'File "model/model.py", line 7');
});

for (const [value, text] of [[0.42, "0.4 ms"], [10, "10 ms"], [9999.4, "9999 ms"], [12_345, "12.3 s"]] as const) {
  test(`${value} ms reads ${text}`, () => assert.equal(milliseconds(value), text));
}

for (const [value, text] of [[0, "0 bytes"], [1023, "1023 bytes"], [1536, "1.5 KiB"], [3 * 1024 * 1024, "3.0 MiB"]] as const) {
  test(`${value} bytes read ${text}`, () => assert.equal(bytes(value), text));
}
