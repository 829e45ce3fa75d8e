/** The card of a data set: what the YAML at the top of its README says of files and labels. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { z } from "zod";
import { AttuneError, listOf } from "../base/error.ts";
import { didYouMean } from "../base/nearest.ts";
import { parseYaml } from "../base/read-yaml.ts";

const name = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const paths = z.union([z.string(), z.array(z.string())]);
const dataFile = z.union([z.string(), z.looseObject({ split: name.optional(), path: paths.optional() })]);
const config = z.looseObject({
  config_name: name.nullish().transform((value) => value ?? undefined),
  default: z.boolean().nullish(),
  data_files: z.union([dataFile, z.array(dataFile)]).nullish(),
});
const feature = z.looseObject({
  name: name.optional(),
  dtype: z
    .looseObject({
      class_label: z.looseObject({ names: z.union([z.record(z.string(), name), z.array(name)]) }).optional(),
    })
    .optional()
    .catch(undefined),
});
const datasetInfo = z.looseObject({
  config_name: name.nullish().transform((value) => value ?? undefined),
  features: z.array(feature.catch({})).optional().catch(undefined),
});
const card = z.looseObject({
  configs: z.array(config).nullish(),
  // Of these only the names of labels are read; what is written otherwise has none.
  dataset_info: z
    .union([z.array(datasetInfo.catch({ config_name: undefined })), datasetInfo])
    .optional()
    .catch(undefined),
});

export type Card = z.output<typeof card>;
export type Config = z.output<typeof config>;
export type DataFile = z.output<typeof dataFile>;

/** @throws AttuneError where the YAML cannot be read, or says something else than files where these belong */
export function readCard(file: string): Card {
  if (!existsSync(file) || !statSync(file).isFile()) return {};
  const front = /^---\r?\n([\s\S]*?)\r?\n---/.exec(readFileSync(file, "utf8"))?.[1];
  if (!front) return {};
  const problem = (what: string, cause?: unknown) =>
    new AttuneError("data/card", `${file}: the YAML at its top cannot be read (${what})`, "input", { cause });
  const { value } = parseYaml(front, (what, _, cause) => problem(what, cause));
  if (value === null || typeof value !== "object" || Array.isArray(value)) return {};
  const checked = card.safeParse(value);
  if (checked.success) return checked.data;
  const { path } = checked.error.issues[0]!;
  throw problem(
    `${path.join(".")} must be ${path.length === 1 ? "a list of configurations" : "as a list of config_name and data_files has it"}`,
  );
}

/** @throws AttuneError where there are several configurations and none is chosen, or not the one that is wanted */
export function chooseConfig(path: string, { configs }: Card, wanted: string | undefined): Config | undefined {
  const usable = configs?.filter(({ data_files }) => data_files !== undefined && data_files !== null) ?? [];
  const names = usable.map((c) => c.config_name ?? "default");
  if (wanted !== undefined) return usable[chosenName(path, names, wanted)];
  if (usable.length < 2) return usable[0];
  const chosen = usable.find((c) => c.default) ?? usable.find((c) => c.config_name === "default");
  if (chosen) return chosen;
  throw new AttuneError(
    "data/configs",
    `${path}: README.md describes several configurations (${names.join(", ")}) and no default; choose one with --config-name`,
  );
}

/** The place of a configuration among those that there are. */
export function chosenName(path: string, names: readonly string[], wanted: string): number {
  if (names.includes(wanted)) return names.indexOf(wanted);
  const others = didYouMean(wanted, names, `there ${names.length === 1 ? "is" : "are"} ${listOf(names, "and")}`);
  throw new AttuneError(
    "data/no-config",
    names.length === 0
      ? `${path}: it describes no configurations; leave --config-name out`
      : `${path}: there is no configuration "${wanted}"; ${others}`,
  );
}

/** Label names that the card gives to a column of a configuration. */
export function classNamesOf(card: Card, config: Config | undefined, column: string): readonly string[] | undefined {
  const infos = [card.dataset_info ?? []].flat();
  const named = (name: string | undefined) => infos.find(({ config_name }) => config_name === name);
  const info = named(config?.config_name) ?? named("default") ?? (infos.length === 1 ? infos[0] : undefined);
  const names = info?.features?.find(({ name }) => name === column)?.dtype?.class_label?.names;
  if (names === undefined) return undefined;
  const numbered = Object.entries(names).sort(([a], [b]) => Number(a) - Number(b));
  return numbered.map(([, name]) => name);
}
