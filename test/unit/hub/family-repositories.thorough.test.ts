/** `train` by the name of a model of each family, from a Hub in whose repositories the files are as on the real one. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { train } from "../../../src/run/train.ts";
import { loadTokenizer } from "../../../src/tokens/tokenizer.ts";
import { familyRepositories, filesOf } from "../../family-repository.ts";
import { tinyData } from "../../tiny.ts";
import { scratchFolder } from "../tables/scratch.ts";
import { loopbackHub } from "./hub.ts";

const { hub, environment, cache } = loopbackHub();
const { folder } = scratchFolder();
const data = tinyData(folder({}));
afterEach(() => vi.unstubAllEnvs());

test.each(familyRepositories)("$name", async (repository) => {
  const { name, read } = repository;
  const commit = hub.add({ name, files: filesOf(repository) }).resolve("main")!;
  for (const [variable, value] of Object.entries(environment())) vi.stubEnv(variable, value);
  for (const variable of ["HF_TOKEN", "HF_HUB_CACHE", "HF_HUB_OFFLINE"]) vi.stubEnv(variable, "");
  const out = join(folder({}), "run");
  const small = { epochs: 1, batchSize: 16, threads: 1, method: "full", maxLength: 16 } as const;
  const { result } = await train({ ...small, model: name, data, out });
  expect(Number.isFinite(result.epochs[0]!.trainLoss)).toBe(true);
  const asked = hub.paths().filter((path) => path.includes("/resolve/"));
  const fetched = asked.map((path) => path.slice(path.indexOf(commit) + commit.length + 1));
  expect([...new Set(fetched)].sort()).toEqual(["config.json", ...read].sort());

  // The run's own model is whole: a tokenizer.json with the ids of the repository's files.
  const [mine, theirs] = [join(out, "model"), cache(`models--${name.replace("/", "--")}`, "snapshots", commit)];
  const ids = (from: string) =>
    ["The cat sat.", "½ café… 中国 🙂", ""].map((text) => [...loadTokenizer(from).encode(text, 16).ids]);
  expect(ids(mine)).toEqual(ids(theirs));
  expect(JSON.parse(readFileSync(join(mine, "tokenizer.json"), "utf8")).model).toBeDefined();
});
