/** `attune run-planned`. */
import type { Command } from "commander";
import { checkOptions } from "../../base/check-options.ts";
import { flagOf } from "../../base/command-text.ts";
import { AttuneError } from "../../base/error.ts";
import { runPlanned } from "../../machines/run-planned.ts";
import { type MachineOptions, machineOptions } from "../../machines/worker-options.ts";
import { wholeNumber } from "../load-flags.ts";
import { addFlags, toNumber } from "../option-flags.ts";
import { stopSignal } from "../stop-signal.ts";
import { writeError, writeOut } from "../write-text.ts";

/** What schedulers call the number of a task. */
const VARIABLES = ["JOB_COMPLETION_INDEX", "SLURM_ARRAY_TASK_ID"];

export function runPlannedCommand(command: Command): void {
  command
    .argument(
      "<study>",
      "folder of a study that is shared in a store, or its address there: s3://bucket/prefix/studies/ID",
    )
    .option("--index <N>", `which run, from 0 on (default: what ${VARIABLES.join(" or ")} says)`, toNumber);
  addFlags(command, machineOptions);
  command.action(async (study: string, { index: given, ...flags }: Readonly<Record<string, unknown>>) => {
    const variable = VARIABLES.find((name) => process.env[name] !== undefined);
    const index = given ?? (variable && toNumber(process.env[variable]!));
    if (index === undefined)
      throw new AttuneError("options/missing", `the option --index is missing, and so are ${VARIABLES.join(" and ")}`);
    const options = checkOptions(machineOptions.shape, flags, flagOf) as MachineOptions;
    const events = {
      begin: (isResumed: boolean) => writeError(isResumed ? "goes on from its checkpoint\n" : "begins\n"),
      see: () => {},
    };
    const name = await runPlanned(study, wholeNumber("index", index as number, 0), options, events, stopSignal());
    writeOut(`${name}\n`);
  });
}
