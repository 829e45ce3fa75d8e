/** The files of a model that Attune reads, from the Hub. */
import { join } from "node:path";
import { AttuneError } from "../base/error.ts";
import { requireNoPython } from "../tokens/read-tokenizer.ts";
import { readWeightIndex } from "../weights/weight-files.ts";
import { CARD, CONFIG, TOKENIZER, tokenizerFiles } from "./model-files.ts";
import { openRepository, type Repository } from "./repository.ts";
import type { HubReference } from "./repository-name.ts";
import type { HubContext } from "./requests.ts";

/** In the order in which they are preferred, as in a folder. */
const WEIGHTS = ["model.safetensors", "pytorch_model.bin"];
const indexOf = (weights: string) => `${weights}.index.json`;

/** Brings a model into the cache, if it is not there. */
export async function fetchModel(reference: HubReference, context: HubContext): Promise<Repository> {
  const repository = await openRepository(reference, context);
  if (isWhole(repository)) return repository;
  const listed = new Set(await repository.list());
  const tokenizer = tokenizerFiles(listed.has(TOKENIZER));
  const small = [CONFIG, CARD, ...tokenizer].filter((path) => listed.has(path));
  if (!listed.has(CONFIG)) throw repository.problem ?? lacks(reference, CONFIG, listed);
  if (repository.problem && !isSettled(repository, TOKENIZER)) throw repository.problem;
  if (!repository.problem)
    for (const path of tokenizer) if (!listed.has(path)) repository.cache.markAbsent(repository.commit, path);
  if (!listed.has(TOKENIZER)) {
    // What cannot be used is known before the weights come, which are the most.
    await repository.fetch(small);
    requireNoPython(repository.folder);
  }
  const weights = WEIGHTS.find((path) => listed.has(path) || listed.has(indexOf(path)));
  if (!weights) throw repository.problem ?? lacks(reference, WEIGHTS[0]!, listed);
  if (!repository.problem)
    for (const path of WEIGHTS.slice(0, WEIGHTS.indexOf(weights)))
      for (const name of [path, indexOf(path)]) repository.cache.markAbsent(repository.commit, name);
  if (listed.has(weights)) await repository.fetch([...small, weights]);
  else {
    await repository.fetch([indexOf(weights)]);
    const shards = shardsOf(repository, weights);
    const missing = shards.find((path) => !listed.has(path));
    if (missing) throw repository.problem ?? lacks(reference, missing, listed);
    await repository.fetch([...small, ...shards]);
  }
  return repository;
}

/** Whether a file is here, or known to be nowhere. */
const isSettled = (repository: Repository, path: string): boolean =>
  repository.has(path) || repository.cache.isAbsent(repository.commit, path);

/** Whether nothing need be asked. Weights that are here are not enough where the Hub may have others that go first. */
function isWhole(repository: Repository): boolean {
  const tokenizer = tokenizerFiles(repository.has(TOKENIZER));
  if (!repository.has(CONFIG) || !tokenizer.every((path) => isSettled(repository, path))) return false;
  const first = WEIGHTS.find((path) => ![path, indexOf(path)].every((name) => isKnownAbsent(repository, name)));
  return (
    first !== undefined &&
    (repository.has(first) ||
      (repository.has(indexOf(first)) && shardsOf(repository, first).every((shard) => repository.has(shard))))
  );
}

const isKnownAbsent = (repository: Repository, path: string): boolean =>
  !repository.has(path) && repository.cache.isAbsent(repository.commit, path);

const shardsOf = ({ folder }: Repository, weights: string): string[] => [
  ...new Set(Object.values(readWeightIndex(join(folder, indexOf(weights))))),
];

function lacks({ name, revision }: HubReference, path: string, listed: ReadonlySet<string>): AttuneError {
  if (listed.has("adapter_config.json"))
    return new AttuneError(
      "hub/adapter",
      `${name}: this is an adapter; name its base as the model, and give the adapter's folder with --adapter`,
    );
  const other = [...listed].find((file) => /\.(bin|h5|msgpack|gguf|onnx|ckpt)$/.test(file));
  const advice =
    path === WEIGHTS[0] && other
      ? `it has ${other}, which Attune does not read; write it anew in Python, AutoModel.from_pretrained("${name}").save_pretrained(folder)`
      : "a model has config.json, model.safetensors and tokenizer.json at its top; choose another";
  return new AttuneError("hub/no-file", `${name}: at ${revision} there is no ${path}; ${advice}`);
}
