/** What a job on the queue asks of a worker, and how it is told of. */
import { expect, test } from "vitest";
import { version } from "../../../src/base/machine.ts";
import { withoutPassword } from "../../../src/machines/queue-connection.ts";
import { memoryOf, priorityOf, type QueuedRun } from "../../../src/machines/queued-run.ts";
import { packed, unpacked, whyNot } from "../../../src/machines/queued-work.ts";
import { resolvePlan } from "../../../src/study/plan.ts";
import { plannedRuns } from "../../../src/study/planned-runs.ts";
import { smallTask } from "../../study.ts";

const [none, full, longer] = plannedRuns(
  resolvePlan({ data: "d", recipe: "own", methods: ["none"], runs: [{ method: "full", epochs: [2, 5] }] }),
  smallTask,
);
const job: QueuedRun = {
  attune: version,
  store: "s",
  study: "0",
  run: full!,
  needs: { memoryBytes: 2e9, threads: 2 },
  faults: 0,
};

test("a worker takes what it has the version, the memory and the threads for, and says why not", () => {
  const has = { memoryBytes: 2e9, threads: 2 };
  expect(whyNot(full!.name, job, has)).toBeUndefined();
  expect(whyNot(full!.name, job, { ...has, memoryBytes: 1e9 })).toBe(
    "own-full-epochs-2-s42 needs about 2.0 GB of memory, and this worker has 1.0 GB for a run",
  );
  expect(whyNot(full!.name, job, { ...has, threads: 1 })).toBe(
    "own-full-epochs-2-s42 needs 2 threads, and this worker has 1 for a run",
  );
  expect(whyNot(full!.name, { ...job, attune: "9.9.9" }, has)).toBe(
    `own-full-epochs-2-s42 is of Attune 9.9.9, and this worker is Attune ${version}; install attune@9.9.9 there`,
  );
});

test("short runs go first, and need less memory where nothing is trained", () => {
  const [first, second, third] = [none!, full!, longer!].map((run) => priorityOf(run, 2000));
  expect([first, second, third]).toEqual([1, 40, 100]);
  expect(memoryOf(none!, 1e9)).toBeLessThan(memoryOf(full!, 1e9));
});

test("events keep numbers that JSON has not", () => {
  const event = { type: "step", loss: Number.NaN, rate: Number.POSITIVE_INFINITY, labels: ["NaN"] };
  expect(unpacked(packed(event))).toEqual(event);
});

test("a password stands in no text", () => {
  const command = "attune compare --queue redis://me:secret@host:6379 --out x";
  expect(withoutPassword(command)).toBe("attune compare --queue redis://me:…@host:6379 --out x");
  expect(withoutPassword("rediss://:secret@host")).toBe("rediss://:…@host");
  expect(withoutPassword("redis://host:6379")).toBe("redis://host:6379");
});
