/** Writes the list of error codes in docs/errors.md, from the sources: `npm run errors`. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);
const page = new URL("docs/errors.md", root);

/** What the first half of a code says. */
const areas: Readonly<Record<string, string>> = {
  app: "the local application",
  adapter: "an adapter folder, of a run or of PEFT",
  audit: "an audit of labelled texts, and its review",
  config: "the file of `--config`",
  data: "tables of labelled texts, their columns, labels and splits",
  disk: "what the file system refuses",
  engine: "ONNX Runtime, threads and memory",
  export: "what a format of others cannot hold, and where it is written",
  folder: "the lock of a folder",
  graph: "programs built with `attune/graph`",
  hub: "the Hugging Face Hub: names, answers, downloads, uploads",
  included: "names that begin with `attune:`",
  methods: "registering a method",
  model: "a model folder: config.json, weights, head",
  options: "options of a command or a function",
  plan: "the plan of a study",
  predict: "texts to classify",
  serve: "the server of a classifier",
  pretrain: "pre-training",
  push: "uploading a model",
  queue: "the queue of runs on many machines",
  report: "where a report is written",
  run: "the folder of a run",
  safetensors: "safetensors files",
  search: "a search, its options and its folder",
  stdin: "standard input",
  store: "the store of runs on many machines: a folder or S3",
  study: "the folder of a study",
  tokenizer: "tokenizer files",
  stream: "a loop over events that was left early",
  train: "training itself",
  weights: "which weight files a model folder has",
};

/** Every code in the sources, sorted. */
export function errorCodes(): string[] {
  const files = (readdirSync(new URL("src/", root), { recursive: true }) as string[]).filter((f) => f.endsWith(".ts"));
  const texts = files.map((file) => readFileSync(new URL(`src/${file.replaceAll("\\", "/")}`, root), "utf8"));
  const thrown = texts.flatMap((text) => [...text.matchAll(/AttuneError\(\s*"([a-z]+)\/[a-z0-9-]+"/g)]);
  const unknown = thrown.map(([, area]) => area!).filter((area) => !Object.hasOwn(areas, area));
  if (unknown.length > 0) throw new Error(`scripts/build-error-codes.ts does not say what ${unknown[0]}/… is about`);
  const literals = texts.flatMap((text) => [...text.matchAll(/"([a-z]+)\/[a-z0-9-]+"/g)]);
  // Names of files and packages of ours look alike.
  const codes = literals.filter(([, area]) => Object.hasOwn(areas, area!)).map(([code]) => code.slice(1, -1));
  return [...new Set(codes)].filter((code) => code !== "data/emotions").sort();
}

/** docs/errors.md with the list as it should be. */
export function errorPage(): string {
  const codes = errorCodes();
  const rows = Object.entries(areas).flatMap(([area, about]) => {
    const own = codes.filter((code) => code.startsWith(`${area}/`)).map((code) => `\`${code}\``);
    return own.length === 0 ? [] : [`| ${about} | ${own.join(", ")} |`];
  });
  const [before] = readFileSync(page, "utf8").split(/^\| about /m);
  return `${before}| about | codes |\n|---|---|\n${rows.join("\n")}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(page, errorPage());
