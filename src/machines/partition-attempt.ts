/** One attempt at the predictions for a file, wherever that is: brought here, predicted, and published once. */
import { createHash } from "node:crypto";
import { basename, dirname, join, resolve } from "node:path";
import { AttuneError } from "../base/error.ts";
import { discard, partialOf } from "../base/partial-name.ts";
import { makeFolder } from "../base/write-whole.ts";
import type { ArtifactStore } from "../store/artifact-store.ts";
import { isS3, openStore } from "../store/open-store.ts";
import type { Partition } from "./partitions.ts";

/** By which the work on a file is known. */
export const partitionId = ({ data, out }: Partition): string =>
  createHash("sha256")
    .update(JSON.stringify([data, out].map((one) => (isS3(one) ? one : resolve(one)))))
    .digest("hex")
    .slice(0, 16);

export const isPublished = async ({ out }: Partition): Promise<boolean> => {
  const { store, key } = await locate(out);
  return store.has(key);
};

/**
 * Does `predict` from a file of this machine into another one, which is published unless somebody was faster.
 *
 * @param work folder for what is under way
 * @param predict says whether it came to its end
 * @returns whether it is this attempt that counts; undefined where `predict` did not come to its end
 * @throws AttuneError that names the file as the partition does
 */
export async function attemptPartition(
  partition: Partition,
  work: string,
  predict: (data: string, out: string) => Promise<boolean>,
): Promise<boolean | undefined> {
  const { data, out } = partition;
  const folder = partialOf(join(work, partitionId(partition)));
  const result = join(folder, "out", basename(out));
  try {
    makeFolder(dirname(result));
    const file = isS3(data) ? join(folder, "data", basename(data)) : data;
    if (file !== data) {
      const from = await locate(data);
      if (!(await from.store.fetch(from.key, file)))
        throw new AttuneError("data/missing", `${data}: there is no such file any more`);
    }
    try {
      if (!(await predict(file, result))) return undefined;
    } catch (error) {
      throw naming(error, data, [
        [file, data],
        [result, out],
      ]);
    }
    const { store, key } = await locate(out);
    return await store.putOnce(key, { path: result });
  } finally {
    discard(folder);
  }
}

/** The store that an object is in, and its key there. */
async function locate(address: string): Promise<{ readonly store: ArtifactStore; readonly key: string }> {
  const folder = isS3(address) ? address.slice(0, address.lastIndexOf("/")) : dirname(address);
  return { store: await openStore(folder), key: basename(address) };
}

/** An error that names files by where they are for whoever asked. */
function naming(error: unknown, data: string, names: readonly (readonly [here: string, there: string])[]): unknown {
  if (!(error instanceof AttuneError)) return error;
  const { code, kind, message } = error;
  const renamed = names.reduce((text, [here, there]) => text.replaceAll(here, there), message);
  return new AttuneError(code, renamed.includes(data) ? renamed : `${data}: ${renamed}`, kind, { cause: error });
}
