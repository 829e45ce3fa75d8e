/** The model and the data of a run, wherever they are: a folder or file here, in the package, or on the Hub at a commit. */
import { eventsOf } from "../base/event-queue.ts";
import type { FetchEvent } from "./fetch-events.ts";
import { hubSettings } from "./hub-settings.ts";
import { isIncluded, openIncluded } from "./included.ts";
import type { Repository } from "./repository.ts";
import { parseReference } from "./repository-name.ts";
import type { HubContext } from "./requests.ts";

/** What run.json says of something that came from the Hub. */
export interface HubSource {
  /** `org/name`. */
  readonly repo: string;
  /** As it was asked for. */
  readonly revision: string;
  readonly commit: string;
  /** Of a data set that has several. */
  readonly configName?: string;
}

/** `org/name@commit`: as it can be fetched again. */
export const pinned = ({ repo, commit, configName }: HubSource): string =>
  `${repo}@${commit}${configName === undefined ? "" : ` (${configName})`}`;

/** Something that can be read from a path. */
export interface Source {
  readonly path: string;
  /** Where it came from the Hub. */
  readonly hub?: HubSource;
  readonly notes: readonly string[];
}

export interface Sources {
  readonly model: Source;
  readonly data: Source;
  /** Where these are copies: where the originals stand, by which what is written down names them. */
  readonly copiedFrom?: {
    /** From where relative paths are seen. */
    readonly workingFolder: string;
    readonly model: string;
    /** The folder that the run gets there. */
    readonly out: string;
  };
}

/** What of model and data came from the Hub. */
export type FromHub = { readonly model?: HubSource; readonly data?: HubSource };

/** The part of run.json and study.json that says so; nothing where all was here. */
export function hubOf({ model, data }: Sources): { readonly hub?: FromHub } {
  if (!model.hub && !data.hub) return {};
  return { hub: { ...(model.hub && { model: model.hub }), ...(data.hub && { data: data.hub }) } };
}

/** Options with the paths of model and data instead of their names. */
export const withPaths = <O extends SourceOptions>(options: O, { model, data }: Sources): O => ({
  ...options,
  model: model.path,
  data: data.path,
});

export type SourceContext = Pick<HubContext, "signal" | "onEvent">;

/** Options that say where model and data are. */
export interface SourceOptions {
  readonly model: string;
  readonly revision?: string | undefined;
  readonly data: string;
  readonly dataRevision?: string | undefined;
  readonly configName?: string | undefined;
}

/** Both; where a run goes on, as they were `before`: at their commits, or paths here. */
export async function openSources(
  { model, revision, data, dataRevision, configName }: SourceOptions,
  context: SourceContext,
  before?: FromHub,
): Promise<Sources> {
  if (before)
    return {
      model: before.model ? await openHubModel(before.model, context) : atPath(model),
      data: before.data ? await openHubDataset(before.data, context) : atPath(data),
    };
  return {
    model: await openModelSource(model, revision, context),
    data: await openDataSource(data, { revision: dataRevision, configName }, context),
  };
}

/** Something here, as it is, or in the package. */
export const atPath = (given: string): Source => (isIncluded(given) ? openIncluded(given) : { path: given, notes: [] });

/** A model by its folder or name, and if need be from the Hub. */
export async function openModelSource(
  model: string,
  revision: string | undefined,
  context: SourceContext,
): Promise<Source> {
  const reference = parseReference(model, "model", revision, "--revision");
  if (!reference) return atPath(model);
  return fromHub("model", { repo: reference.name, revision: reference.revision }, context);
}

/** A model at the commit that it was. */
export const openHubModel = (hub: HubSource, context: SourceContext): Promise<Source> => fromHub("model", hub, context);

/** A data set at the commit that it was. */
export const openHubDataset = (hub: HubSource, context: SourceContext): Promise<Source> =>
  fromHub("dataset", hub, context);

/** A data set by its path or name, and if need be from the Hub. */
export async function openDataSource(
  data: string,
  { revision, configName }: { readonly revision?: string | undefined; readonly configName?: string | undefined },
  context: SourceContext,
): Promise<Source> {
  const reference = parseReference(data, "dataset", revision, "--data-revision");
  if (!reference) return atPath(data);
  const { name: repo, revision: wanted } = reference;
  return fromHub("dataset", { repo, revision: wanted, ...(configName !== undefined && { configName }) }, context);
}

/** With a commit it is that commit, whatever the revision is by now. */
async function fromHub(
  kind: "model" | "dataset",
  { repo, revision, commit, configName }: Omit<HubSource, "commit"> & { readonly commit?: string },
  context: SourceContext,
): Promise<Source> {
  const reference = { kind, name: repo, revision: commit ?? revision };
  const hub = { ...context, settings: hubSettings() };
  if (kind === "model") {
    const { fetchModel } = await import("./fetch-model.ts");
    const repository = await fetchModel(reference, hub);
    return source(repository.folder, repository, { repo, revision }, []);
  }
  const { fetchDataset } = await import("./fetch-dataset.ts");
  const found = await fetchDataset(reference, configName, hub);
  const { folder, repository, configName: chosen, notes } = found;
  // Converted data have commits of their own.
  const from = repository.reference.revision === reference.revision ? revision : repository.reference.revision;
  return source(
    folder,
    repository,
    { repo, revision: from, ...(chosen !== undefined && { configName: chosen }) },
    notes,
  );
}

function source(
  path: string,
  { commit, problem }: Repository,
  hub: Omit<HubSource, "commit">,
  notes: readonly string[],
): Source {
  const name = `${hub.repo}${hub.configName ? ` (${hub.configName})` : ""}`;
  const away = problem && problem.code !== "hub/offline" ? ", from the cache, as the Hub cannot be asked" : "";
  return {
    path,
    hub: { ...hub, commit },
    notes: [
      `${name}: commit ${commit.slice(0, 12)}${hub.revision === commit ? "" : ` of ${hub.revision}`}${away}.`,
      ...notes,
    ],
  };
}

/** The same as `openSources`, with what it reports as events. */
export async function* fetchSources(
  options: SourceOptions,
  signal?: AbortSignal,
  before?: FromHub,
): AsyncGenerator<FetchEvent, Sources> {
  return yield* eventsOf((onEvent) => openSources(options, { signal, onEvent }, before));
}
