/** The store that an address means. S3's client is loaded where it is asked for, and only there. */
import { existsSync, statSync } from "node:fs";
import { AttuneError } from "../base/error.ts";
import type { ArtifactStore } from "./artifact-store.ts";
import { FolderStore } from "./folder-store.ts";

/** Whether an address is of S3 and no path. */
export const isS3 = (address: string): boolean => address.startsWith("s3://");

/** @throws AttuneError with `kind` "input" where an address means no store */
export async function openStore(address: string): Promise<ArtifactStore> {
  if (isS3(address)) {
    const { openS3Store } = await import("./s3-store.ts");
    return openS3Store(address);
  }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(address))
    throw new AttuneError("store/address", `${address}: a store is a folder, or s3://bucket/prefix`);
  if (existsSync(address) && !statSync(address).isDirectory())
    throw new AttuneError("store/address", `${address}: this is a file; a store is a folder, or s3://bucket/prefix`);
  return new FolderStore(address);
}
