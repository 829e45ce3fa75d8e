/** `org/name@revision`: whether a text names a repository on the Hub or something here, and which. */
import { existsSync } from "node:fs";
import { AttuneError } from "../base/error.ts";

export type RepoKind = "model" | "dataset";

export interface Repo {
  readonly kind: RepoKind;
  /** `org/name`. */
  readonly name: string;
}

export interface HubReference extends Repo {
  /** Branch, tag or commit. */
  readonly revision: string;
}

const NAME = /^(?<name>[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*)(?:@(?<revision>[^\s@]+))?$/;
/** Endings of files that nobody's repository has. */
const FILE = /\.(csv|tsv|jsonl?|ndjson|parquet|gz|zip|txt|safetensors)$/i;
const DEFAULT_REVISION = "main";

/**
 * The repository that `text` names, or undefined where it is a path. What exists here counts more than a name there; `hf://`
 * before it means the Hub in any case. `revision` is that of an option of its own, called `option`.
 *
 * @throws AttuneError where it could be either, or what is given contradicts itself
 */
export function parseReference(
  text: string,
  kind: RepoKind,
  revision?: string,
  option = "revision",
): HubReference | undefined {
  const explicit = /^hf:\/\/(?:(?<kinds>models|datasets)\/(?=[^/]+\/))?(?<rest>.*)$/.exec(text)?.groups;
  const found = NAME.exec(explicit?.rest ?? text)?.groups as { name: string; revision?: string } | undefined;
  if (explicit && (!found || (explicit.kinds && explicit.kinds !== `${kind}s`)))
    throw new AttuneError(
      "hub/name",
      `"${text}" is not the name of a ${kind} on the Hub; write it like org/name@revision`,
    );
  if (!explicit && isPath(text, kind, found)) {
    if (revision !== undefined)
      throw new AttuneError(
        "hub/revision",
        `${option} goes with a name on the Hub, and ${text} is a path here; leave ${option} out, or write hf:// before a name`,
      );
    return undefined;
  }
  const { name, revision: own } = found!;
  if (own !== undefined && revision !== undefined && own !== revision)
    throw new AttuneError("hub/revision", `${text} and ${option} ${revision} are two revisions; give one of them`);
  return { kind, name, revision: checkedRevision(own ?? revision ?? DEFAULT_REVISION, text) };
}

function isPath(text: string, kind: RepoKind, found: { name: string; revision?: string } | undefined): boolean {
  if (existsSync(text) || !found || FILE.test(found.name)) return true;
  const [first] = found.name.split("/") as [string];
  if (existsSync(first))
    throw new AttuneError(
      "hub/ambiguous",
      `${text}: there is a folder ${first} here without that in it, so this is perhaps a mistyped path; if it is the name of a ${kind} on the Hub, write hf://${text}`,
    );
  return false;
}

/** A revision becomes part of paths in the cache. */
function checkedRevision(revision: string, text: string): string {
  if (!/^[\w][\w./+-]*$/.test(revision) || revision.split("/").includes(".."))
    throw new AttuneError("hub/revision", `${text}: "${revision}" is not a branch, a tag or a commit`);
  return revision;
}

export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision);
