/** Where runs on several machines keep what they share: a folder that all of them see, or a bucket of S3. */

/** Bytes to be kept: those of a file, or a text. */
export type Content = { readonly path: string } | { readonly text: string };

/**
 * Objects under keys like `studies/a/b.json`. An object is there whole or not at all, and nobody has to lock anything: what
 * several may write at once is either the same bytes or is put once.
 */
export interface ArtifactStore {
  /** As it was given: a path, or `s3://bucket/prefix`. */
  readonly address: string;
  /** Keeps an object, in place of the one before. */
  put(key: string, content: Content): Promise<void>;
  /**
   * Keeps something unless there is something already; says whether what is there now is this. Of several others at once
   * exactly one is kept, so that a text says who wrote it. A file that is there, as the answer to it was lost, is told of as
   * another's.
   */
  putOnce(key: string, content: Content): Promise<boolean>;
  /** A small object; undefined where there is none. */
  get(key: string): Promise<string | undefined>;
  has(key: string): Promise<boolean>;
  /** Brings an object into a file, whole or not at all; false where there is none. */
  fetch(key: string, file: string): Promise<boolean>;
  /** Keys that begin like this. */
  list(prefix: string): Promise<string[]>;
  /** Those that are there are not, afterwards. */
  remove(keys: readonly string[]): Promise<void>;
}

/** What a store holds as JSON; undefined where there is none. */
export async function getJson<T>(store: ArtifactStore, key: string): Promise<T | undefined> {
  const text = await store.get(key);
  return text === undefined ? undefined : (JSON.parse(text) as T);
}

/** How JSON stands in a store. */
export const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
