/** Attune's side of the pre-training bench, in a process of its own: takes some steps of `pretrain`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { peakRssBytes } from "../src/base/machine.ts";
import { pretrain } from "../src/pretrain/pretrain.ts";
import type { PretrainOptions } from "../src/pretrain/pretrain-options.ts";

export interface PretrainJob {
  readonly steps: number;
  readonly options: Omit<PretrainOptions, "out">;
}

/** What pretrain.py prints, too. */
export interface PretrainSteps {
  readonly stepSeconds: readonly number[];
  readonly tokensPerStep: number;
  readonly parameters: number;
  readonly peakRssBytes: number;
}

const { steps, options } = JSON.parse(process.argv[2]!) as PretrainJob;
const folder = mkdtempSync(join(tmpdir(), "attune-bench-"));
const stepSeconds: number[] = [];
let [tokensPerStep, parameters] = [0, 0];
for await (const event of pretrain({ ...options, out: join(folder, "run") })) {
  if (event.type === "start") parameters = event.parameters;
  if (event.type !== "step") continue;
  stepSeconds.push(event.seconds);
  tokensPerStep = Math.max(tokensPerStep, event.tokens);
  if (stepSeconds.length >= steps) break;
}
console.log(JSON.stringify({ stepSeconds, tokensPerStep, parameters, peakRssBytes: peakRssBytes() }));
rmSync(folder, { recursive: true });
