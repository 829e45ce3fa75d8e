/** Folders in a store: lists of their files with sizes and hashes, by which what comes back is checked. */
import { createHash } from "node:crypto";
import { createReadStream, readdirSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { AttuneError } from "../base/error.ts";
import type { ArtifactStore } from "./artifact-store.ts";

/** A file of a folder, by its path there, with "/". */
export interface StoredFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What a list in a store must be; no path leads out of its folder. */
export const storedFiles = z.array(
  z.strictObject({
    path: z.string().refine((path) => !/(^|\/)\.{0,2}(\/|$)|\\|\0/.test(path), "it must stay in its folder"),
    bytes: z.int().min(0),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
);

/** Paths of the files below a folder, in name order; none where there is no such folder. */
export const pathsBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();

export async function describeFile(folder: string, path: string): Promise<StoredFile> {
  const file = join(folder, path);
  return { path, bytes: statSync(file).size, sha256: await sha256OfFile(file) };
}

async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

/**
 * Brings files into `folder`, each checked.
 *
 * @throws AttuneError with `kind` "failure" where one is missing in the store, or is not what it was
 */
export async function fetchFiles(
  store: ArtifactStore,
  files: readonly StoredFile[],
  folder: string,
  keyOf: (file: StoredFile) => string,
): Promise<void> {
  for (const file of files) {
    const target = join(folder, file.path);
    const isThere = await store.fetch(keyOf(file), target);
    const problem = !isThere ? "it is missing" : (await sha256OfFile(target)) !== file.sha256 && "its bytes are others";
    if (problem)
      throw new AttuneError("store/damaged", `${store.address}/${keyOf(file)}: ${problem}; do it again`, "failure");
  }
}

/** Where files are by their content, once for all who have them. */
export const objectKey = ({ sha256 }: StoredFile): string => `objects/${sha256}`;

/** Keeps files by their content; what is there is not sent again. */
export async function putObjects(
  store: ArtifactStore,
  folder: string,
  paths: readonly string[],
): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  for (const path of paths) {
    const file = await describeFile(folder, path);
    if (!(await store.has(objectKey(file)))) await store.put(objectKey(file), { path: join(folder, path) });
    files.push(file);
  }
  return files;
}
