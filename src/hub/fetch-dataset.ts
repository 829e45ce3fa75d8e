/** The files of a data set that Attune reads, from the Hub, as a folder that looks like one that somebody downloaded. */
import { join, relative, sep } from "node:path";
import { AttuneError } from "../base/error.ts";
import type { SplitName } from "../tables/dataset.ts";
import { type Card, chosenName, readCard } from "../tables/dataset-card.ts";
import { mayBeTable, splitTables } from "../tables/find-splits.ts";
import type { SplitFiles } from "../tables/split-files.ts";
import { splitNamed } from "../tables/split-names.ts";
import { makeView, viewFolder } from "./dataset-view.ts";
import { diskError } from "./errors.ts";
import { openRepository, type Repository } from "./repository.ts";
import type { HubReference } from "./repository-name.ts";
import type { HubContext } from "./requests.ts";

const CARD = "README.md";
/** Where the Hub keeps Parquet that it made itself, for data sets that have none. */
const CONVERTED = "refs/convert/parquet";
/** `config/train/0000.parquet`; "partial" where the data set was too large to be converted as a whole. */
const CONVERTED_FILE = /^(?<config>[^/]+)\/(?<partial>partial-)?(?<split>[^/]+)\/\d+\.parquet$/;

export interface FetchedDataset {
  readonly folder: string;
  readonly repository: Repository;
  /** Which configuration it is, where there are any. */
  readonly configName: string | undefined;
  readonly notes: readonly string[];
}

/** The tables of one configuration. */
interface Chosen {
  readonly configName: string | undefined;
  /** Paths in the repository. */
  readonly files: SplitFiles;
  readonly card: Card;
  readonly isPartial: boolean;
}

/** Brings the tables of one configuration into the cache, if they are not there. */
export async function fetchDataset(
  reference: HubReference,
  configName: string | undefined,
  context: HubContext,
): Promise<FetchedDataset> {
  const own = await openRepository(reference, context);
  const chosen = await chooseFiles(own, configName);
  if (chosen) return fetchChosen(own, chosen, context);
  if (reference.revision !== CONVERTED) {
    const converted = await openConverted(reference, own, context);
    const files = await chooseFiles(converted, configName);
    if (files) return fetchChosen(converted, files, context);
  }
  throw own.problem ?? noTables(reference);
}

/** The tables among the files of a repository, or undefined where there are none that can be read. */
async function chooseFiles(repository: Repository, configName: string | undefined): Promise<Chosen | undefined> {
  const listed = await repository.list();
  const tables = listed.filter(mayBeTable);
  if (listed.includes(CARD)) await repository.fetch([CARD]);
  if (tables.length === 0) return undefined;
  const { name } = repository.reference;
  const card = readCard(join(repository.folder, CARD));
  if (!card.configs && tables.every((path) => CONVERTED_FILE.test(path)))
    return chooseConverted(name, tables, configName, card);
  const split = orUndefined("data/missing", () => splitTables(name, tables, card, configName));
  if (!split || Object.keys(split.files).length === 0) return undefined;
  const { config, files } = split;
  const inRepository = Object.entries(files).map(([split, paths]) => [
    split,
    paths.map((path) => relative(name, path).split(sep).join("/")),
  ]);
  return { configName: config?.config_name, files: Object.fromEntries(inRepository), card, isPartial: false };
}

/** A card may name files of kinds that are not read here. */
function orUndefined<T>(code: string, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof AttuneError && error.code === code) return undefined;
    throw error;
  }
}

function chooseConverted(name: string, tables: readonly string[], wanted: string | undefined, card: Card): Chosen {
  const found = tables.map((path) => ({ path, ...CONVERTED_FILE.exec(path)!.groups! }) as ConvertedFile);
  const names = [...new Set(found.map(({ config }) => config))];
  if (wanted === undefined && names.length > 1 && !names.includes("default"))
    throw new AttuneError(
      "data/configs",
      `${name}: there are several configurations (${names.join(", ")}) and no default; choose one with --config-name`,
    );
  const fallback = names.length === 1 ? names[0]! : "default";
  const configName = names[chosenName(name, names, wanted ?? fallback)]!;
  const files: Partial<Record<SplitName, string[]>> = {};
  for (const { path, config, split } of found) {
    const known = splitNamed(split);
    if (config === configName && known) files[known] = [...(files[known] ?? []), path];
  }
  return { configName, files, card, isPartial: found.some(({ config, partial }) => config === configName && partial) };
}

interface ConvertedFile {
  readonly path: string;
  readonly config: string;
  readonly split: string;
  readonly partial?: string;
}

async function openConverted(reference: HubReference, own: Repository, context: HubContext): Promise<Repository> {
  try {
    return await openRepository({ ...reference, revision: CONVERTED }, context);
  } catch (error) {
    if (!(error instanceof AttuneError) || error.code !== "hub/no-revision") throw own.problem ?? error;
    throw noTables(reference);
  }
}

async function fetchChosen(repository: Repository, chosen: Chosen, context: HubContext): Promise<FetchedDataset> {
  const { configName, files, card, isPartial } = chosen;
  await repository.fetch(Object.values(files).flat());
  const folder = viewFolder(repository, configName, context.settings);
  try {
    makeView(folder, repository, configName, files, card);
  } catch (error) {
    throw diskError(error, context.settings.assets, "HF_ASSETS_CACHE");
  }
  const { name } = repository.reference;
  const notes = isPartial
    ? [`${name}: the Hub has converted only the first part of this data set; that part is used.`]
    : [];
  return { folder, repository, configName, notes };
}

const noTables = ({ name, revision }: HubReference): AttuneError =>
  new AttuneError(
    "hub/no-tables",
    `${name}: at ${revision} there are no tables that Attune reads, and the Hub has not converted this data set to Parquet; write it as CSV or Parquet and give that file`,
  );
