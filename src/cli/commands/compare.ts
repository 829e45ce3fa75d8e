/** `attune compare`. */
import type { Command } from "commander";
import { commandText, flagOf } from "../../base/command-text.ts";
import { AttuneError } from "../../base/error.ts";
import { jsonText } from "../../base/escape.ts";
import { withoutEffect } from "../../base/unused-options.ts";
import { withoutPassword } from "../../machines/queue-connection.ts";
import { onQueue } from "../../machines/queue-place.ts";
import { addressOf, here, sharedOnly } from "../../machines/shared-place.ts";
import type { SharedStudy } from "../../machines/shared-study.ts";
import { describeOptions } from "../../methods/list-methods.ts";
import { type CompareContext, compare, resumeComparison } from "../../study/compare.ts";
import { estimateStudy } from "../../study/estimate.ts";
import { resolvePlan } from "../../study/plan.ts";
import type { Place } from "../../study/plan-error.ts";
import { planText, readPlanFile } from "../../study/plan-file.ts";
import { DEFAULT_METHODS, inputKeys, planSchema, sharedValues } from "../../study/plan-schema.ts";
import type { Tracking } from "../../track/tracking.ts";
import { followStudy } from "../follow-study.ts";
import { optionOf, toNumber } from "../option-flags.ts";
import { requireAlone } from "../require-alone.ts";
import { addTrackFlag } from "../run-command.ts";
import { stopSignal } from "../stop-signal.ts";
import { writeError, writeOut } from "../write-text.ts";

interface Flags {
  readonly out?: string;
  readonly plan?: string;
  readonly printPlan?: boolean;
  readonly resume?: string;
  readonly estimate: boolean;
  readonly onlyEstimate?: boolean;
  readonly quiet?: boolean;
  readonly track?: Tracking;
  readonly queue?: string;
  readonly store?: string;
  readonly shareOnly?: boolean;
  readonly [key: string]: unknown;
}

export function compareCommand(command: Command): void {
  command.usage("--data DATA --out STUDY [options]");
  const properties = describeOptions(planSchema);
  const add = (key: string) => command.addOption(optionOf(key, properties[key]!));
  for (const key of inputKeys) add(key);
  command
    .option("--out <path>", "folder of the study; an interrupted study with the same plan continues")
    .option("--methods <list>", `methods to compare (default: ${DEFAULT_METHODS.join(",")})`, listOfNames)
    .option("--ranks <list>", "ranks of LoRA (default: 2,4,8,16,32)", listOfNumbers)
    .option("--seeds <N|list>", "number of seeds, counted from 42, or a list of seeds (default: 1)", oneOrMore);
  for (const key of ["recipe", "jobs", "threads"]) add(key);
  command
    .option("--plan <file>", "plan of the study in YAML, which may hold grids over any option; flags override it")
    .option("--print-plan", "print the plan as YAML and exit")
    .option("--resume <study>", "continue an interrupted study with its own plan")
    .option("--queue <address>", "let the workers of this queue do the runs, redis://host:port (docs/scale.md)")
    .option("--store <address>", "where workers find model and data and leave runs: a folder, or s3://bucket/prefix")
    .option(
      "--share-only",
      "do no run: put the study into its store, for attune run-planned, and bring the runs that are published",
    )
    .option("--no-estimate", "do not measure first how long each kind of run takes")
    .option("--only-estimate", "print how long the study would take as one JSON object, and exit")
    .option("--quiet", "print only errors and the path of the report");
  addTrackFlag(command);
  for (const [key, property] of Object.entries(describeOptions(sharedValues)))
    command.addOption(optionOf(key, property).helpGroup("Options of every run:"));
  command.action(
    async ({
      out,
      plan: file,
      printPlan,
      resume,
      estimate,
      onlyEstimate,
      quiet = false,
      track,
      queue,
      store,
      shareOnly = false,
      ...flags
    }: Flags) => {
      const context: CompareContext = {
        // Other machines take other times.
        estimate: estimate && queue === undefined && !shareOnly,
        command: commandText(process.argv.slice(2).map(withoutPassword)),
        place: shareOnly ? sharedOnly(store, sayShared) : queue === undefined ? here : onQueue({ queue, store }),
      };
      if (store !== undefined && queue === undefined && !shareOnly)
        throw new AttuneError("options/store", "--store is for other machines: give --queue or --share-only with it");
      if (resume !== undefined) {
        requireAlone("--resume", { out, plan: file, printPlan, onlyEstimate, ...flags }, "a study keeps its plan");
        return followStudy(resumeComparison(resume, { ...context, signal: stopSignal() }), resume, quiet, track);
      }
      const fromFile = file === undefined ? undefined : readPlanFile(file);
      const isElsewhere = queue !== undefined || shareOnly;
      // Machines have different numbers of threads.
      const given = { ...(isElsewhere && { bits: "same" }), ...fromFile?.plan, ...flags };
      const plan = resolvePlan(given, placeOf(flags, fromFile?.place));
      const instead = printPlan ? "with --print-plan" : onlyEstimate ? "with --only-estimate" : undefined;
      const unused = [out !== undefined && "--out", quiet && "--quiet", !estimate && "--no-estimate"].find(Boolean);
      if (instead && unused) throw withoutEffect(unused, instead);
      if (printPlan) {
        writeOut(planText(plan));
        return;
      }
      if (onlyEstimate) {
        writeOut(`${jsonText(await estimateStudy(plan, stopSignal()))}\n`);
        return;
      }
      if (out === undefined)
        throw new AttuneError("options/missing", "the option --out is missing: folder of the study");
      return followStudy(compare(plan, out, { ...context, signal: stopSignal() }), out, quiet, track);
    },
  );
}

const sayShared = (study: SharedStudy) =>
  writeError(`each run: attune run-planned ${addressOf(study)} --index N, from 0 on\n`);

const listOfNames = (text: string): string[] => text.split(",").filter((name) => name !== "");
const listOfNumbers = (text: string): (number | string)[] => listOfNames(text).map(toNumber);
const oneOrMore = (text: string) => (text.includes(",") ? listOfNumbers(text) : toNumber(text));

/** Where a part of the plan was given: by a flag, or in the file. */
const placeOf =
  (flags: Readonly<Record<string, unknown>>, inFile: Place | undefined): Place =>
  (path) => {
    const [key = ""] = path.map(String);
    if (inFile && !(key in flags)) return inFile(path);
    return { before: key === "methods" ? "--methods: " : "", name: flagOf(key) };
  };
