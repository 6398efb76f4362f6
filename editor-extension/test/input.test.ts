import assert from "node:assert/strict";
import { test } from "node:test";
import { offer, parseInput, spaced } from "../src/core/input";

test("a short input is offered in one line, with where it is from", () => {
  const offered = offer({ input: { measurements: [5.9, 2.8] }, source: "examples.yaml" });
  assert.deepEqual(offered, {
    place: "box",
    text: '{"measurements": [5.9, 2.8]}',
    prompt: "Input of the model, from examples.yaml",
  });
});

test("a long input is offered in an editor, indented", () => {
  const offered = offer({ input: { text: "x".repeat(500) }, source: "last" });
  assert.equal(offered.place, "editor");
  assert.match(offered.text, /^\{\n {2}"text": "x+"\n\}\n$/);
});

test("nothing to prefill with is an empty object", () => {
  assert.equal(offer({ input: null, source: "empty" }).text, "{}");
});

test("an example that is null stays null", () => {
  assert.equal(offer({ input: null, source: "examples.yaml" }).text, "null");
});

for (const value of [null, true, 1.5, "a \"b\"", [], {}, [1, [2]], { a: { b: [null] } }]) {
  test(`spacing keeps ${JSON.stringify(value)}`, () => assert.deepEqual(JSON.parse(spaced(value)), value));
}

const FAULTS: [string, RegExp][] = [
  ["", /^Empty\. The input has to be JSON/],
  ["  \n", /^Empty\./],
  ['{"a": }', /^Not JSON: Unexpected token.*$/],
  ['{"a": 1', /^Not JSON: .*\(column 8\)$/],
  ['{\n "a": 1,\n "b" 2}', /^Not JSON: .*\(line 3, column 6\)$/],
  ["{'a': 1}", /^Not JSON: .*\(column 2\)$/],
];
for (const [text, message] of FAULTS) {
  test(`${JSON.stringify(text)} is refused in one line`, () => {
    const parsed = parseInput(text);
    assert.ok(!parsed.ok);
    assert.match(parsed.message, message);
    assert.ok(!parsed.message.includes("\n"));
  });
}

test("JSON is parsed", () => {
  assert.deepEqual(parseInput(' {"a": [1, null]} '), { ok: true, value: { a: [1, null] } });
});
