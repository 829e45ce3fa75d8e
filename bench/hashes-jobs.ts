/** What `bench hashes` runs: small jobs that between them go through all that computes something. */

export interface HashJob {
  readonly name: string;
  /** The command and its options, without `--out`. */
  readonly command: readonly string[];
  /** Commands on what it wrote, which stands for `RUN` in them: an export is a folder, all others print. */
  readonly after?: readonly (readonly string[])[];
}

export const RUN = "RUN";

export interface JobSources {
  readonly model: string;
  /** A small part of the data, with splits. */
  readonly sample: string;
  /** Text without labels. */
  readonly corpus: string;
  /** The flag that bounds the memory of frozen features, as this version calls it. */
  readonly featureMegabytes: string;
}

const predict = ["predict", RUN, "--json", "i feel so happy today", "why does nobody listen to me"];

/** By method: what is done with the run besides. */
const after: Readonly<Record<string, readonly (readonly string[])[]>> = {
  full: [predict, ["export", RUN, "--format", "onnx", "--int8"]],
  probe: [["export", RUN, "--format", "onnx"]],
  prefix: [predict, ["export", RUN, "--format", "peft"]],
  lora: [predict, ["export", RUN, "--format", "peft"], ["export", RUN, "--format", "transformers"]],
};

/** Methods with options by which other parts of the program compute. */
const variants: Readonly<Record<string, string>> = {
  "full, top 2 layers, the others' outputs in a file": "--method full --layers top:2 FEATURE_MEGABYTES 0",
  "full, what weighs texts and steps":
    "--method full --gradient-accumulation 2 --class-weights balanced --label-smoothing 0.1 --balance oversample " +
    "--schedule cosine --warmup 0.2 --weight-decay 0.01 --max-gradient-norm 0.5 --best-metric f1",
  "probe, attention+mlp": "--method probe --head attention+mlp",
  "probe, all heads tried": "--method probe --head auto",
  "prompt, PEFT's semantics": "--method prompt --semantics peft --init vocabulary",
  "prefix, projection, mean": "--method prefix --projection --head mean",
  "lora, all linear layers, dropout":
    "--method lora --targets all-linear --dropout 0.1 --bias all --rslora --train-pooler",
};

/** All of them, or with `short` as few as show whether it works. */
export function jobsOn(
  { model, sample, corpus, featureMegabytes }: JobSources,
  methods: readonly string[],
  short: boolean,
): HashJob[] {
  // Nothing that decides a result is left to a default, as defaults may differ between versions.
  const explicit = ["--epochs", "2", "--learning-rate", "5e-4", "--head"];
  const train = (head: string) => ["train", "--model", model, "--data", sample, ...explicit, head];
  const compare = ["compare", "--model", model, "--data", sample, "--recipe", "demo", "--methods", "none,probe,lora"];
  const pretrain = ["pretrain", "--data", corpus, "--batch-size", "8", "--max-length", "64", "--evaluations", "2"];
  const size = "--layers 2 --hidden 64 --heads 2 --vocab 500";
  const jobs: HashJob[] = methods.map((method) => ({
    name: method,
    command: [...train("pooler"), "--method", method],
    after: after[method] ?? [],
  }));
  if (!short)
    for (const [name, options] of Object.entries(variants)) {
      const [head = "pooler"] = /(?<=--head )\S+/.exec(options) ?? [];
      const others = options
        .replace(/ --head \S+/, "")
        .replace("FEATURE_MEGABYTES", featureMegabytes)
        .split(" ");
      jobs.push({ name, command: [...train(head), ...others] });
    }
  jobs.push(
    { name: "pretrain, new", command: [...pretrain, "--new", ...size.split(" "), "--epochs", "2", "--whole-words"] },
    { name: "compare", command: [...compare, "--ranks", "4", "--seeds", "2", "--epochs", "1", "--no-estimate"] },
  );
  if (!short) jobs.push({ name: "pretrain, from", command: [...pretrain, "--from", model, "--epochs", "0.1"] });
  return jobs;
}
