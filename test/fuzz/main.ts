/**
 * `npm run fuzz [-- --seed N --inputs N --target NAME --only N]`: generated inputs in a process of their own, which is watched
 * for inputs that never end. Ends with 1 where something was found.
 */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Found, type FuzzResult, fuzz } from "./fuzz.ts";
import { fuzzTargets } from "./targets.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    inputs: { type: "string", default: "220" },
    target: { type: "string" },
    only: { type: "string" },
  },
});
type Message =
  | { readonly target: string; readonly input: number }
  | { readonly found: Found }
  | { readonly result: FuzzResult; readonly megabytes: number };

const SILENT_SECONDS = 60;
const MOST_MEGABYTES = 1024;

if (process.send) await work();
else watch();

async function work(): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "attune-fuzz-"));
  try {
    const targets = fuzzTargets(root).filter(({ name }) => values.target === undefined || name === values.target);
    const only = values.only === undefined ? {} : { only: Number(values.only) };
    const onInput = (target: string, input: number) => process.send!({ target, input });
    const result = await fuzz(targets, join(root, "inputs"), {
      seed: Number(values.seed),
      inputs: Number(values.inputs),
      ...only,
      onInput,
      onFound: (found) => process.send!({ found }),
    });
    process.send!({ result, megabytes: process.resourceUsage().maxRSS / 1024 });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  process.disconnect();
}

function watch(): void {
  const child = fork(fileURLToPath(import.meta.url), process.argv.slice(2));
  let last = "the start";
  let isDone = false;
  const hang = () => {
    console.error(`${last} did not end within ${SILENT_SECONDS} seconds`);
    child.kill("SIGKILL");
  };
  const timer = setTimeout(hang, SILENT_SECONDS * 1000);
  child.on("message", (message: Message) => {
    timer.refresh();
    if ("found" in message) {
      const { target, input, problem } = message.found;
      const lines = problem.split("\n").slice(0, 6).join("\n");
      console.error(`\n--target ${JSON.stringify(target)} --only ${input}\n${lines}`);
      return;
    }
    if (!("result" in message)) {
      last = `${message.target}, input ${message.input}`;
      return;
    }
    isDone = true;
    const { found, inputs, refused, slowestSeconds } = message.result;
    const megabytes = Math.round(message.megabytes);
    console.log(
      `${inputs} inputs, ${refused} refused, ${found.length} faults; slowest ${slowestSeconds.toFixed(2)} s, memory ${megabytes} MB`,
    );
    if (found.length > 0 || megabytes > MOST_MEGABYTES) process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    clearTimeout(timer);
    if (!isDone) console.error(`the process ended (${signal ?? code}) at ${last}`);
    if (!isDone) process.exitCode = 1;
  });
}
