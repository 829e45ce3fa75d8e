/** How it was measured, and all that is needed to measure it again. */
import { memory } from "../../base/format.ts";
import type { ComparedRun } from "../../comparison/comparison.ts";
import {
  type Block,
  code,
  type Fact,
  heading,
  list,
  paragraph,
  type Section,
  type Text,
} from "../../document/document.ts";
import { pinned } from "../../hub/named-inputs.ts";
import { inARow } from "../conclusions/wording.ts";
import { hasSeveralSeeds, rankName, type View } from "../view.ts";

const DIFFERENCES: Fact = [
  "Differences",
  "Each setting against full fine-tuning of the same recipe: exact McNemar test for accuracy, paired bootstrap for macro F1, each corrected by Holm's method over all settings. Where the corrected p is 0.05 or more, no difference can be shown; that is no proof that there is none.",
];

export function measuredSection(view: View): Section {
  const several = hasSeveralSeeds(view.settings);
  const { differences, ranks } = view.comparison;
  const rankNames = new Set(ranks.map(({ method }) => rankName(method)));
  const chosen = ["best epoch", "head", ...rankNames, "what is recommended"];
  const items: readonly Fact[] = [
    [
      "Quality",
      "Every figure on test is computed from the stored predictions of the best epoch, by scikit-learn's definitions; macro averages weigh each class alike, whatever its size.",
    ],
    [
      "Uncertainty",
      several
        ? "With several seeds: mean, standard deviation and a 95 % t interval over seeds. With one seed: a 95 % bootstrap interval over test texts (10,000 resamples, seeded)."
        : "95 % bootstrap intervals over test texts (10,000 resamples, seeded).",
    ],
    ...(differences.length > 0 ? [DIFFERENCES] : []),
    view.multiLabel
      ? [
          "Labels",
          "A text gets every label whose probability reaches that label's threshold, which is chosen on validation. Subset accuracy counts texts that get all of their labels and no other; macro averages are over labels, micro F1 is over all decisions together.",
        ]
      : ["Calibration error", "Expected calibration error: 15 bins of equal width over the top label's probability."],
    ["Choices", `What is chosen (${inARow(chosen)}) is chosen on validation; test is only reported.`],
    [
      "Time",
      "Training is the time of all steps; total is the whole run from start to result without the evaluation before training, with what shared tokens and kept outputs cost when they were made, as if each run stood alone.",
    ],
    [
      "Memory",
      "Each run is a process of its own; its peak is the most resident memory that this process held (VmHWM on Linux).",
    ],
    ["Operations", "Counted from the computation graph for one training text, a multiply-add as 2."],
  ];
  return { id: "measured", title: "How it was measured", blocks: [{ block: "facts", items }] };
}

/** Of runs with other numbers of threads, the last digits may be others. */
function threadsText(numbers: readonly string[], runs: readonly ComparedRun[]): string {
  const differ = numbers.length > 1 && runs.some(({ facts }) => facts.options.bits === "any");
  return `${numbers.join(" or ")}${differ ? "; without --bits same, the last digits may depend on it" : ""}`;
}

const SHOWN_RUNS = 6;

/** Of a study on many machines: each worker, with the runs in which it had a part. */
function runsByWorker(runs: readonly ComparedRun[]): string[] {
  const names = new Map<string, string[]>();
  for (const { facts, planned } of runs)
    for (const worker of new Set((facts.workers ?? []).map(({ name }) => name)))
      names.set(worker, [...(names.get(worker) ?? []), planned.name]);
  return Array.from(names, ([worker, done]) => {
    const more = done.length > SHOWN_RUNS ? [`${done.length - SHOWN_RUNS + 1} more`] : [];
    const shown = [...done.slice(0, done.length > SHOWN_RUNS ? SHOWN_RUNS - 1 : SHOWN_RUNS), ...more];
    return `${worker}: ${shown.join(", ")}`;
  });
}

export function repeatSection(view: View): Section {
  const runs = view.settings.flatMap((setting) => setting.runs);
  const { studies, data } = view.comparison;
  const distinct = (of: (run: ComparedRun) => string | undefined) => [
    ...new Set(runs.map(of).filter((one) => one !== undefined)),
  ];
  const coded = (values: readonly string[]): Text =>
    values.flatMap((value, i) => (i > 0 ? [", ", code(value)] : [code(value)]));
  const items: readonly Fact[] = [
    [
      "Machine",
      distinct(
        ({ facts: { machine } }) =>
          `${machine.processor}, ${machine.cores} cores, ${memory(machine.memoryBytes)}, ${machine.platform}`,
      ).join("; "),
    ],
    ["Done by", coded(runsByWorker(runs))],
    ["Versions", distinct(({ facts }) => `Attune ${facts.attune}, ${facts.engine}, Node ${facts.node}`).join("; ")],
    [
      "Threads",
      threadsText(
        distinct(({ facts }) => String(facts.options.threads)),
        runs,
      ),
    ],
    ["Model", coded(distinct(({ facts: { hub, options } }) => (hub?.model ? pinned(hub.model) : options.model)))],
    ["SHA-256 of the model", coded(distinct(({ facts }) => facts.modelSha256))],
    ["SHA-256 of the data", coded([data.sha256])],
    ["Seeds", distinct(({ planned }) => String(planned.seed)).join(", ")],
    ["Begun", studies.map(({ began }) => began).join(", ")],
  ];
  const notes = [...new Set(runs.flatMap(({ facts }) => facts.notes))];
  const commands = studies.flatMap(({ command }): Block[] => (command ? [{ block: "command", text: command }] : []));
  return {
    id: "repeat",
    title: "To repeat it",
    blocks: [
      ...(commands.length > 0
        ? [
            paragraph(
              studies.length > 1
                ? "These commands repeat the studies; seeds, and so results, are the same:"
                : "This command repeats the study; seeds, and so results, are the same:",
            ),
          ]
        : []),
      ...commands,
      { block: "facts", items: items.filter(([, said]) => said.length > 0) },
      ...(notes.length > 0 ? [heading("What the runs noted"), list(notes)] : []),
    ],
  };
}
