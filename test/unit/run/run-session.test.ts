/** What every run has in common: how it is followed, left, refused, locked, and what it goes on from. */
import fs, {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { pretrain, resumePretraining } from "../../../src/pretrain/pretrain.ts";
import { resume, train } from "../../../src/run/train.ts";
import type { TrainOptions } from "../../../src/run/train-options.ts";
import { tinyData, tinyModel, tinyTraining } from "../../tiny.ts";
import { scratchFolder } from "../tables/scratch.ts";

const root = scratchFolder().folder({});
const model = tinyModel(join(root, "model"));
const data = tinyData(join(root, "data"), { rows: 24 });
const text = join(root, "text.txt");
writeFileSync(text, `${readFileSync(join(data, "train.csv"), "utf8").replaceAll(/,.*/g, ". ").repeat(4)}\n`);

const optionsOf = (name: string, more: Partial<TrainOptions> = {}): TrainOptions =>
  ({ model, data, out: join(root, name), epochs: 2, threads: 1, ...tinyTraining, ...more }) as TrainOptions;
const pretraining = (name: string) => ({
  ...{ data: text, from: model, out: join(root, name), epochs: 1, batchSize: 2, threads: 1, evaluations: 2 },
});
const statusOf = (name: string): string => JSON.parse(readFileSync(join(root, name, "run.json"), "utf8")).status;
const weightsOf = (name: string) => readFileSync(join(root, name, "model/model.safetensors")).toString("base64");
const checkpointsOf = (name: string) =>
  readdirSync(join(root, name, "checkpoints"))
    .filter((entry) => entry.startsWith("step-"))
    .sort();
const openFiles = () => readdirSync("/proc/self/fd").length;

/** A run that is left after so many steps. */
async function leaveAfter(steps: number, name: string, more: Partial<TrainOptions> = {}): Promise<void> {
  for await (const event of train(optionsOf(name, more))) if (event.type === "step" && event.step === steps) break;
}

await train(optionsOf("whole"));
const whole = weightsOf("whole");

describe("a run is", () => {
  test("awaited for its result", async () => {
    const { type, result } = await train(optionsOf("awaited"));
    expect(type).toBe("result");
    expect(result).toEqual(JSON.parse(readFileSync(join(root, "awaited/result.json"), "utf8")));
    expect(weightsOf("awaited")).toBe(whole);
  });

  test("done where it is neither awaited nor iterated", async () => {
    train(optionsOf("ignored"));
    await expect.poll(() => existsSync(join(root, "ignored/result.json")), { timeout: 30_000 }).toBe(true);
    await expect.poll(() => statusOf("ignored")).toBe("done");
  });

  test("left with a checkpoint and the status of one that was interrupted", async () => {
    await leaveAfter(3, "left");
    expect(statusOf("left")).toBe("interrupted");
    expect(checkpointsOf("left")).toEqual(["step-00000003-0"]);
    expect(existsSync(join(root, "left/lock.json"))).toBe(false);
    const before = readFileSync(join(root, "left/run.json"), "utf8");
    await new Promise((done) => setTimeout(done, 100));
    expect(readFileSync(join(root, "left/run.json"), "utf8")).toBe(before);
    await resume(join(root, "left"));
    expect(weightsOf("left")).toBe(whole);
  });

  test("left at its start, and begins anew", async () => {
    for await (const event of train(optionsOf("left-early"))) if (event.type === "start") break;
    expect(statusOf("left-early")).toBe("interrupted");
    expect(checkpointsOf("left-early")).toEqual([]);
    await resume(join(root, "left-early"));
    expect(weightsOf("left-early")).toBe(whole);
  });

  test("done where its last event is the last one that is asked for", async () => {
    for await (const event of train(optionsOf("left-late"))) if (event.type === "result") break;
    expect(statusOf("left-late")).toBe("done");
  });
});

describe("pretraining is", () => {
  test("awaited; left with a checkpoint; locked while it goes on", async () => {
    await pretrain(pretraining("encoder"));
    for await (const event of pretrain(pretraining("encoder-left")))
      if (event.type === "step" && event.step === 2) break;
    expect(statusOf("encoder-left")).toBe("interrupted");
    const path = join(root, "encoder-left");
    for await (const event of resumePretraining(path)) {
      if (event.type !== "step") continue;
      await expect(resumePretraining(path)).rejects.toMatchObject({ code: "folder/locked", kind: "input" });
    }
    expect(statusOf("encoder-left")).toBe("done");
    expect(weightsOf("encoder-left")).toBe(weightsOf("encoder"));
  });

  test("gone on with where its vocabulary was only half copied", async () => {
    const fresh = { ...pretraining("new"), from: undefined, new: true, hidden: 16, layers: 1, heads: 2, vocab: 60 };
    const { from: _, ...options } = { ...fresh, positions: 16 };
    await pretrain(options);
    for await (const event of pretrain({ ...options, out: join(root, "new-left") })) if (event.type === "step") break;
    for (const [file, cut] of [["tokenizer_config.json", 20]] as const)
      truncateSync(join(root, "new-left/tokenizer", file), cut);
    await resumePretraining(join(root, "new-left"));
    expect(weightsOf("new-left")).toBe(weightsOf("new"));
  });
});

describe.skipIf(!existsSync("/proc/self/fd"))("runs that are refused", () => {
  test("leave no file open", async () => {
    await leaveAfter(1, "refused");
    const path = join(root, "refused");
    const facts = JSON.parse(readFileSync(join(path, "run.json"), "utf8"));
    writeFileSync(join(path, "run.json"), JSON.stringify({ ...facts, dataSha256: "of others" }));
    const attempts = [
      () => resume(path),
      () => train(optionsOf("whole")),
      () => train(optionsOf("no-adapter", { adapter: model, method: "lora" })),
      () => train(optionsOf("no-folder", { out: "/proc/nowhere/run" })),
      () => train(optionsOf("long", { maxLength: 10_000 })),
      () => pretrain({ ...pretraining("long-blocks"), maxLength: 10_000 }),
      () => pretrain({ ...pretraining("nowhere"), out: "/proc/nowhere/run" }),
    ];
    const once = async () => {
      for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ kind: "input" });
    };
    await once();
    const before = openFiles();
    for (let i = 0; i < 3; i++) await once();
    expect(openFiles()).toBe(before);
    expect(existsSync(join(path, "lock.json"))).toBe(false);
  });
});

describe("a run goes on", () => {
  const damages: Readonly<Record<string, (path: string) => void>> = {
    "a state that was cut": (path) => truncateSync(join(path, "state.json"), 40),
    "a state with another number": (path) => {
      const file = join(path, "state.json");
      writeFileSync(file, readFileSync(file, "utf8").replace(/"tokens":\d/, '"tokens":9'));
    },
    "weights with another byte": (path) => {
      const file = join(path, "weights.safetensors");
      const bytes = readFileSync(file);
      bytes[bytes.length - 5]! ^= 1;
      writeFileSync(file, bytes);
    },
    "moments that were cut": (path) => truncateSync(join(path, "moments.safetensors"), 1000),
    "an empty state": (path) => writeFileSync(join(path, "state.json"), ""),
  };

  test.each(Object.keys(damages))("from the checkpoint before one with %s", async (what) => {
    const name = what.replaceAll(" ", "-");
    await leaveAfter(8, name, { checkpointMinutes: 0.000001 });
    const [older, newest] = checkpointsOf(name) as [string, string];
    damages[what]!(join(root, name, "checkpoints", newest));
    const seen: string[] = [];
    for await (const event of resume(join(root, name)))
      if (event.type === "start") {
        expect(`step-${String(event.resumedAtStep).padStart(8, "0")}`).toBe(older.slice(0, 13));
        seen.push(...event.notes);
      }
    expect(seen.join(" ")).toContain(`${newest} is damaged`);
    expect(weightsOf(name)).toBe(whole);
  });

  test("from its beginning where no checkpoint is whole", async () => {
    await leaveAfter(8, "no-checkpoint");
    for (const name of checkpointsOf("no-checkpoint"))
      writeFileSync(join(root, "no-checkpoint/checkpoints", name, "state.json"), "{}");
    await resume(join(root, "no-checkpoint"));
    expect(weightsOf("no-checkpoint")).toBe(whole);
  });

  test("where events were lost, behind the last whole line", async () => {
    await leaveAfter(4, "lost-events");
    const file = join(root, "lost-events/events.jsonl");
    truncateSync(file, 700);
    await resume(join(root, "lost-events"));
    const text = readFileSync(file, "utf8");
    expect(text).not.toContain("\0");
    for (const line of text.trimEnd().split("\n")) JSON.parse(line);
  });

  test("and counts cut texts of all its processes", async () => {
    const { notes } = await train(optionsOf("cut", { maxLength: 4 }));
    await leaveAfter(9, "cut-left", { maxLength: 4 });
    const again = await resume(join(root, "cut-left"));
    const cut = (all: readonly string[]) => all.filter((note) => note.includes("longer than the limit"));
    expect(cut(again.notes)).toEqual(cut(notes));
    expect(cut(notes)).toHaveLength(1);
  });
});

test("a run that fails while it saves its best epoch names the epoch whose weights it keeps", async () => {
  const seen: number[] = [];
  let said = "";
  const { renameSync } = fs;
  const full = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
  try {
    for await (const event of train(optionsOf("failing", { epochs: 6 }))) {
      if (event.type === "epoch" && event.best) seen.push(event.epoch);
      // From here on the weights of a best epoch cannot be written.
      if (event.type === "checkpoint")
        fs.renameSync = (from, to) => {
          if (String(to).endsWith("best.safetensors")) throw full;
          renameSync(from, to);
        };
      syncBuiltinESMExports();
    }
  } catch (error) {
    said = (error as Error).message;
  } finally {
    fs.renameSync = renameSync;
    syncBuiltinESMExports();
  }
  expect(said).toContain("the model of epoch 1, the best so far");
  expect(seen).toEqual([1]);
  expect(statusOf("failing")).toBe("failed");
});

test("of two that begin in one folder at once, one does, and the other harms nothing", async () => {
  const options = optionsOf("raced");
  const outcomes = await Promise.allSettled([train(options), train(options)]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const [refused] = outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason.code] : []));
  expect(refused).toBe("run/exists");
  expect(weightsOf("raced")).toBe(whole);
});

test("a folder beside the run's that others made stays", async () => {
  const other = join(root, "beside.partial");
  mkdirSync(other);
  appendFileSync(join(other, "thesis.txt"), "my own");
  await train(optionsOf("beside"));
  expect(readFileSync(join(other, "thesis.txt"), "utf8")).toBe("my own");
});
