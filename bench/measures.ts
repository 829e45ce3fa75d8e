/**
 * What each measure against needless work brings: a step of full fine-tuning, its optimizer, and prediction, with the
 * measure and without it, in turn in one process.
 */
import { parseArgs } from "node:util";
import { markdownTable, median, milliseconds } from "./figures.ts";
import { benchMachine } from "./machine.ts";
import { measuresOf, WARM_UP_STEPS } from "./measures-work.ts";
import { inRounds, sharedInputs } from "./options.ts";
import { writeResults } from "./results.ts";

export async function benchMeasures(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...sharedInputs,
      ...inRounds,
      batch: { type: "string", default: "16" },
      steps: { type: "string" },
    },
  });
  const steps = Number(values.steps ?? (values.short ? 2 : 20)) + WARM_UP_STEPS;
  const rounds = Number(values.rounds ?? (values.short ? 1 : 3));
  const { model, data } = values;
  const { measures, dispose } = await measuresOf(
    { model, data, batch: Number(values.batch), threads: Number(values.threads) },
    steps,
  );
  const found = new Map(measures.map(({ name }) => [name, { without: [] as number[], as: [] as number[] }]));
  for (let round = 1; round <= rounds; round++)
    for (const { name, without, as } of measures) {
      const seconds = found.get(name)!;
      seconds.without.push(...(await without()));
      seconds.as.push(...(await as()));
      console.log(
        `round ${round}, ${name}: ${milliseconds(median(seconds.without))} without, ${milliseconds(median(seconds.as))} with`,
      );
    }
  await dispose();
  const rows = measures.map(({ name, of }) => {
    const { without, as } = found.get(name)!;
    const [before, after] = [median(without), median(as)];
    return [name, of, milliseconds(before), milliseconds(after), milliseconds(before - after)];
  });
  const markdown =
    `${values.model.split("/").at(-1)}, full fine-tuning, batch ${values.batch}, ${values.threads} threads; medians of ` +
    `${rounds} rounds of ${steps - WARM_UP_STEPS} steps in turn. Each measure is taken out alone.\n\n` +
    markdownTable([["measure", "of", "without", "with", "saves"], ...rows]);
  const written = writeResults(
    values.out,
    benchMachine(),
    { data: { seconds: Object.fromEntries(found) }, markdown },
    "measures",
  );
  console.log(`\n${markdown}\n\n${written}.md, .json`);
}
