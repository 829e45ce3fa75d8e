import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { CompareView, remaining } from "../../../src/cli/compare-view.ts";
import { type RunRow, runTable } from "../../../src/cli/run-table.ts";
import type { CompareEvent } from "../../../src/study/compare-events.ts";
import { resolvePlan } from "../../../src/study/plan.ts";
import { plannedRuns } from "../../../src/study/planned-runs.ts";
import { smallTask } from "../../study.ts";

test("an estimate says which runs it leaves out", () => {
  const said = (unknown: readonly string[]) => remaining({ runs: 3, seconds: 600, unknown });
  expect(said([])).toMatch(/^3 runs to go, about 10 minutes; until about (\S+ )?\d\d:\d\d$/);
  expect(said(["a"])).toMatch(/\d\d, without a: how long is not known$/);
  expect(said(["a", "b"])).toMatch(/, without a and 1 more: how long is not known$/);
  expect(said(["a", "b", "c"])).toBe("3 runs to go; how long is not known");
});

/** Standard error of some kind, and what was written to it. */
function fakeStream(terminal: { readonly columns: number; readonly rows: number } | undefined, colours = true) {
  const written: string[] = [];
  const stream = {
    ...terminal,
    isTTY: terminal !== undefined,
    hasColors: () => terminal !== undefined && colours,
    write: (text: string) => written.push(text) > 0,
    on: () => stream,
    once: () => stream,
    off: () => stream,
  };
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => written.join("") };
}

/** A study that has begun: long names, a run that failed with a long reason in wide characters, others that wait. */
function* events(): Generator<CompareEvent> {
  const plan = resolvePlan({
    model: "m",
    data: "d",
    recipe: "both",
    seeds: 2,
    methods: ["full", "lora"],
    ranks: [2, 32],
  });
  const runs = plannedRuns(plan, smallTask);
  const study = { recipes: ["controlled", "tuned"], seeds: [42, 43], timesComparable: true, runs };
  yield { type: "plan", out: "STUDY", study, finished: {}, notes: [] } as unknown as CompareEvent;
  yield { type: "estimate", runs: runs.length, seconds: 5000, unknown: [runs.at(-1)!.name] };
  const [first, second] = runs;
  yield { type: "run-start", run: first!, isResumed: false };
  yield { type: "run-failed", name: first!.name, reason: `${"C:\\データ\\".repeat(20)}: \u001b[2Jno space\nstack` };
  yield { type: "run-start", run: second!, isResumed: false };
  yield { type: "run-event", name: second!.name, event: { type: "start", epochs: 10 } } as unknown as CompareEvent;
}

describe.each([60, 80, 120])("the live table in %i columns", (columns) => {
  test.each([true, false])("has no wider line, with colours: %s", (colours) => {
    const { stream, text } = fakeStream({ columns, rows: 40 }, colours);
    const view = new CompareView(stream);
    for (const event of events()) view.show(event);
    view.end();
    const lines = stripVTControlCharacters(text()).split("\n");
    for (const line of lines) expect(widthOfAscii(line)).toBeLessThanOrEqual(columns);
    expect(lines.some((line) => /^Full fine-tuning \(con.* {2}failed: C:/.test(line) && line.endsWith("…"))).toBe(true);
    expect(lines.some((line) => /^LoRA, rank 32 \(.* {2}waiting$/.test(line))).toBe(true);
    expect(text()).not.toContain("\u001b[2J");
    expect(text().includes("\u001b[31m")).toBe(colours);
  });
});

/** The reason of the test is in katakana of two columns each. */
const widthOfAscii = (line: string): number =>
  Array.from(line).reduce((sum, character) => sum + (/[ァ-ヶー]/.test(character) ? 2 : 1), 0);

test("without a terminal, lines are plain and whole", () => {
  const { stream, text } = fakeStream(undefined);
  const view = new CompareView(stream);
  for (const event of events()) view.show(event);
  view.end();
  expect(text()).toContain(`failed: ${"C:\\データ\\".repeat(20)}`);
  expect(text()).not.toContain("…");
});

describe("rows of runs", () => {
  const running: RunRow = {
    label: "LoRA, rank 32 (controlled), seed 43",
    state: "running",
    note: "",
    epochs: 10,
    epoch: 2,
    step: "step 812/2500",
    f1: 0.8812,
    seconds: 754,
    secondsLeft: 1503,
  };
  const done: RunRow = {
    ...running,
    label: "Full fine-tuning (tuned), seed 42",
    state: "done",
    secondsLeft: undefined,
  };
  const at = (columns: number, rows = 24, all: readonly RunRow[] = [running, done]) =>
    runTable(all, "2 runs to go", { columns, rows, colour: false });

  test("lose what matters less before names are cut", () => {
    expect(`\n${[120, 80, 60, 40].map((columns) => at(columns).join("\n")).join("\n\n")}\n`).toMatchInlineSnapshot(`
      "
      run                                                            macro F1   time   left
      LoRA, rank 32 (controlled), seed 43  epoch 3/10 step 812/2500    0.8812  12:34  25:03
      Full fine-tuning (tuned), seed 42    done                        0.8812  12:34
      2 runs to go

      run                                              macro F1   time   left
      LoRA, rank 32 (controlled), seed 43  epoch 3/10    0.8812  12:34  25:03
      Full fine-tuning (tuned), seed 42    done          0.8812  12:34
      2 runs to go

      run                                              macro F1
      LoRA, rank 32 (controlled), seed 43  epoch 3/10    0.8812
      Full fine-tuning (tuned), seed 42    done          0.8812
      2 runs to go

      run
      LoRA, rank 32…lled), seed 43  epoch 3/10
      Full fine-tuni…ned), seed 42  done
      2 runs to go
      "
    `);
  });

  test("go where the terminal is too low: those that are over first", () => {
    const waiting: RunRow = {
      ...running,
      state: "waiting",
      label: "waits",
      f1: undefined,
      seconds: undefined,
      secondsLeft: undefined,
    };
    const lines = at(80, 9, [done, done, running, waiting, waiting, waiting]);
    expect(lines.length).toBeLessThanOrEqual(9);
    expect(lines.map((line) => line.split("  ")[0])).toEqual([
      "run",
      "… 2 more are over",
      "LoRA, rank 32 (controlled), seed 43",
      "waits",
      "waits",
      "… 1 more waits",
      "2 runs to go",
    ]);
  });
});
