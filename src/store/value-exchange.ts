/** Frozen features of one machine for the runs of all: values of the content store, in the store of runs under their keys. */
import type { ValueExchange } from "../base/content-store.ts";
import type { ArtifactStore } from "./artifact-store.ts";
import { openStore } from "./open-store.ts";

/** The store is opened when the first value is asked for: most runs have none. */
export function exchangeIn(address: string): ValueExchange {
  let opened: Promise<ArtifactStore> | undefined;
  const store = () => (opened ??= openStore(address));
  const keyOf = (key: string) => `shared/${key}`;
  return {
    fetch: async (key, file) => (await store()).fetch(keyOf(key), file),
    offer: async (key, path) => {
      const into = await store();
      if (!(await into.has(keyOf(key)))) await into.put(keyOf(key), { path });
    },
  };
}
