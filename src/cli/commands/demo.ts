/** `attune demo`. */
import type { Command } from "commander";
import { commandText, flagOf } from "../../base/command-text.ts";
import { load } from "../../classifier/classifier.ts";
import { bestModel, DEMO_STUDY, demoPlan, isFinished } from "../../comparison/demo-study.ts";
import { plainText } from "../../document/plain-text.ts";
import { inspect } from "../../inspection/inspect-texts.ts";
import { describeOptions } from "../../methods/list-methods.ts";
import { dataBlocks } from "../../report/data-blocks.ts";
import { compare } from "../../study/compare.ts";
import { resolvePlan } from "../../study/plan.ts";
import { planSchema } from "../../study/plan-schema.ts";
import { asWritten } from "../dash-texts.ts";
import { followStudy } from "../follow-study.ts";
import { showFetch } from "../hub-progress.ts";
import { optionOf } from "../option-flags.ts";
import { lineOf } from "../prediction-lines.ts";
import { stopSignal } from "../stop-signal.ts";
import { writeOut } from "../write-text.ts";

interface Flags {
  readonly out: string;
  readonly predict?: readonly string[];
  readonly quiet?: boolean;
  readonly [key: string]: unknown;
}

export function demoCommand(command: Command): void {
  const properties = describeOptions(planSchema);
  command
    .option("--out <path>", "folder of the study; an interrupted one continues", DEMO_STUDY)
    .option(
      "--predict <texts...>",
      "classify texts with the best model of the study, which is run first if it is not there",
    );
  for (const key of ["model", "epochs", "limit", "threads"]) command.addOption(optionOf(key, properties[key]!));
  command
    .option("--quiet", "print only predictions, errors and the path of the report")
    .action(async ({ out, predict: marked, quiet = false, ...changes }: Flags) => {
      const predict = marked?.map(asWritten);
      const signal = stopSignal();
      const plan = resolvePlan({ ...demoPlan, ...changes }, ([key]) => ({ before: "", name: flagOf(String(key)) }));
      const say = (text: string) => {
        if (!quiet) writeOut(`${text}\n`);
      };
      const study = () => compare(plan, out, { estimate: false, command: commandText(process.argv.slice(2)), signal });
      if (predict && isFinished(out)) {
        // It has nothing more to do, but refuses another plan.
        for await (const _ of study());
      } else {
        if (predict) say(`There is no finished study in ${out} yet, so it comes first.\n`);
        const found = await inspect({ data: plan.data, model: plan.model, signal, onFetch: showFetch() });
        const tables = dataBlocks(found).filter(({ block }) => block === "table");
        say(`${plan.data}:\n\n${plainText(tables)}\n`);
        await followStudy(study(), out, quiet);
      }
      if (!predict) {
        say('\nNow ask its best model: npx attune demo --predict "I did not see that coming"');
        return;
      }
      const { run, reason } = await bestModel(out);
      say(`\n${reason}\nIts run is ${run}.\n`);
      const classifier = await load(run, { signal, ...(plan.threads !== undefined && { threads: plan.threads }) });
      const predictions = await classifier.predict(predict, signal);
      writeOut(predict.map((text, i) => `${lineOf(text, predictions[i]!)}\n`).join(""));
      await classifier.dispose();
    });
}
