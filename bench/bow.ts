/** The bag-of-words baseline, and scikit-learn's logistic regression on the same counts beside it. */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { fitBagOfWords } from "../src/inspection/bag-of-words.ts";
import { loadDataset } from "../src/tables/load-dataset.ts";
import { metricsOf } from "../src/train/evaluate.ts";
import { sharedInputs } from "./options.ts";
import { defaultPython } from "./processes.ts";

export async function benchBow(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: sharedInputs.data,
      python: { type: "string", default: defaultPython() },
    },
  });
  const { labels, splits } = await loadDataset({ path: values.data, seed: 42 });
  const textsOf = (split: "train" | "test") => splits[split].map(({ text }) => text);
  const started = performance.now();
  const bow = fitBagOfWords(textsOf("train"), splits.train.truths(), labels.length, false);
  const seconds = (performance.now() - started) / 1000;
  const { accuracy, f1 } = metricsOf(bow.logits(textsOf("test")), splits.test.truths(), labels);
  console.log(`${splits.train.length} training and ${splits.test.length} test texts, ${bow.words} words`);
  print("attune", accuracy, f1, seconds, bow.iterations);
  const input = JSON.stringify({
    train: [textsOf("train"), splits.train.truths()],
    test: [textsOf("test"), splits.test.truths()],
  });
  const peer = spawnSync(values.python, [new URL("bow.py", import.meta.url).pathname], {
    input,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  if (peer.status !== 0) {
    console.log(`scikit-learn was not measured: ${values.python} has none (name one with --python)`);
    return;
  }
  const theirs = JSON.parse(peer.stdout) as {
    accuracy: number;
    f1: number;
    seconds: number;
    iterations: number;
    words: number;
  };
  print("scikit-learn", theirs.accuracy, theirs.f1, theirs.seconds, theirs.iterations);
  console.log(
    `difference in accuracy: ${((accuracy - theirs.accuracy) * 100).toFixed(2)} points; ${theirs.words} words there`,
  );
}

function print(name: string, accuracy: number, f1: number, seconds: number, iterations: number): void {
  const numbers = [
    `accuracy ${accuracy.toFixed(4)}`,
    `macro F1 ${f1.toFixed(4)}`,
    `${seconds.toFixed(1)} s`,
    `${iterations} iterations`,
  ];
  console.log(`${name.padEnd(14)}${numbers.join("  ")}`);
}
