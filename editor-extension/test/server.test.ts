import assert from "node:assert/strict";
import { test } from "node:test";
import { Coalesced } from "../src/core/coalesced";
import { CrashHistory } from "../src/core/crashes";
import { settlesWithin } from "../src/core/settling";

test("restarts asked for during a restart become one more", async () => {
  const open: (() => void)[] = [];
  let runs = 0;
  const restarts = new Coalesced(() => {
    runs += 1;
    return new Promise((resolve) => open.push(resolve));
  });
  const all = [restarts.run(), restarts.run(), restarts.run()];
  open[0]?.();
  await all[0];
  await new Promise(setImmediate);
  open[1]?.();
  await Promise.all(all);
  assert.equal(runs, 2);
});

test("a restart that failed does not keep the next one away", async () => {
  let runs = 0;
  const restarts = new Coalesced(async () => {
    runs += 1;
    if (runs === 1) throw new Error("first");
  });
  const [first, second] = [restarts.run(), restarts.run()];
  await assert.rejects(first, /first/);
  await second;
  assert.equal(runs, 2);
});

test("a server that keeps crashing is given up, one that crashes now and then is not", () => {
  const crashes = new CrashHistory();
  assert.deepEqual([0, 1, 2, 3].map((second) => crashes.restartAfterCrash(second * 1000)), [true, true, true, false]);
  const rare = new CrashHistory();
  assert.ok([0, 10, 20, 30, 40].every((minute) => rare.restartAfterCrash(minute * 60_000)));
});

test("what settles in time is told from what does not", async () => {
  assert.equal(await settlesWithin(Promise.resolve(), 10_000), true);
  assert.equal(await settlesWithin(Promise.reject(new Error("x")), 10_000), true);
  assert.equal(await settlesWithin(new Promise(() => undefined), 1), false);
});
