/** The text and the models of a pre-training run: what is here as it is, what has a name on the Hub from there. */
import {
  atPath,
  type HubSource,
  openDataSource,
  openHubDataset,
  openHubModel,
  openModelSource,
  type Source,
  type SourceContext,
} from "../hub/named-inputs.ts";
import type { ResolvedPretrainOptions } from "./pretrain-options.ts";

export interface PretrainSources {
  readonly data: Source;
  readonly from?: Source;
  readonly teacher?: Source;
}

/** What of these came from the Hub, and which commit of it. */
export type PretrainHub = { readonly [Part in keyof PretrainSources]?: HubSource };

/** All of them; where a run goes on, as they were `before`: at their commits, or paths here. */
export async function openPretrainSources(
  { data, configName, from, teacher }: ResolvedPretrainOptions,
  context: SourceContext,
  before?: PretrainHub,
): Promise<PretrainSources> {
  const openModel = (model: string, hub: HubSource | undefined) => {
    if (hub) return openHubModel(hub, context);
    return before ? atPath(model) : openModelSource(model, undefined, context);
  };
  const openData = () => {
    if (before?.data) return openHubDataset(before.data, context);
    return before ? atPath(data) : openDataSource(data, { configName }, context);
  };
  return {
    ...(from !== undefined && { from: await openModel(from, before?.from) }),
    ...(teacher !== undefined && { teacher: await openModel(teacher, before?.teacher) }),
    data: await openData(),
  };
}

/** The part of run.json that says what came from the Hub; nothing where all was here. */
export function pretrainHubOf(sources: PretrainSources): { readonly hub?: PretrainHub } {
  const entries = Object.entries(sources).flatMap(([part, { hub }]: [string, Source]) => (hub ? [[part, hub]] : []));
  return entries.length === 0 ? {} : { hub: Object.fromEntries(entries) };
}
