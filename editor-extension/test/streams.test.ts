import assert from "node:assert/strict";
import { test } from "node:test";
import { Streams } from "../src/core/streams";

test("each listener hears its own stream, as long as it listens", () => {
  const streams = new Streams();
  const heard: string[] = [];
  const first = streams.listen("a", (text) => heard.push(`a:${text}`));
  streams.listen("b", (text) => heard.push(`b:${text}`));
  streams.tell({ id: "a", text: "1" });
  streams.tell({ id: "b", text: "2" });
  first.dispose();
  streams.tell({ id: "a", text: "3" });
  assert.deepEqual(heard, ["a:1", "b:2"]);
});
