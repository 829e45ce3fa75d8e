/** Sends a folder to a model repository on the Hub, which is made if it is not there. */
import { readdirSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { AttuneError } from "../base/error.ts";
import { networkError, pageOf } from "./errors.ts";
import type { PushEvent } from "./fetch-events.ts";
import type { HubReference } from "./repository-name.ts";
import { hubFetch, type RequestContext } from "./requests.ts";

export interface PushContext extends RequestContext {
  readonly onEvent?: ((event: PushEvent) => void) | undefined;
}

export interface Push {
  readonly folder: string;
  /** `user/name`. */
  readonly name: string;
  /** Whether everybody may read a repository that is made. */
  readonly isPublic: boolean;
  /** First line of the commit. */
  readonly title: string;
}

/** Where an upload ended. */
export interface Pushed {
  /** Of the repository. */
  readonly url: string;
  readonly commit: string;
  readonly isPrivate: boolean;
}

/** @throws AttuneError where there is no token, or the repository is there and not as public as was asked for */
export async function pushFolder({ folder, name, isPublic, title }: Push, context: PushContext): Promise<Pushed> {
  const { settings } = context;
  const reference: HubReference = { kind: "model", name: repositoryName(name), revision: "main" };
  if (settings.offline)
    throw new AttuneError("hub/offline", `HF_HUB_OFFLINE is set, so nothing can be sent to ${name}; unset it`);
  if (!settings.token)
    throw new AttuneError(
      "hub/no-token",
      `${name}: sending needs a token that may write; make one in the settings of your account on ${settings.endpoint} and set HF_TOKEN`,
    );
  try {
    const isPrivate = await openRepository(reference, isPublic, context);
    const commit = await sendFiles(reference, folder, title, context);
    return { url: pageOf(reference, settings), commit, isPrivate };
  } catch (error) {
    throw error instanceof AttuneError ? error : networkError(error, reference, settings);
  }
}

function repositoryName(name: string): string {
  if (/^[\w.-]+\/[\w.-]+$/.test(name)) return name;
  throw new AttuneError("hub/name", `--repo cannot be "${name}": it must be like user/name`);
}

/** Makes the repository, if it is not there; returns whether it is private. */
async function openRepository(reference: HubReference, isPublic: boolean, context: PushContext): Promise<boolean> {
  const { createRepo, modelInfo } = await import("@huggingface/hub");
  const { name } = reference;
  const request = { hubUrl: context.settings.endpoint, fetch: hubFetch(reference, context) };
  const found = await modelInfo({ name, ...request }).catch((error: unknown) => {
    if (error instanceof AttuneError && error.code === "hub/no-repo") return undefined;
    throw error;
  });
  if (found && !found.private && !isPublic)
    throw new AttuneError(
      "hub/public",
      `${name} is there already, and everybody can read it; say --public to send to it all the same`,
    );
  if (found?.private && isPublic)
    throw new AttuneError(
      "hub/private",
      `${name} is there already, and it is private, which --public does not change; leave --public out, or make it public in its settings on ${context.settings.endpoint}`,
    );
  if (found) return found.private;
  const repo = { type: "model", name } as const;
  const visibility = isPublic ? "public" : "private";
  // The token goes with every request of ours, and the library would refuse those of other servers.
  await createRepo({ repo, visibility, credentials: { accessToken: "" }, ...request });
  return !isPublic;
}

async function sendFiles(
  reference: HubReference,
  folder: string,
  title: string,
  context: PushContext,
): Promise<string> {
  const { commitIter } = await import("@huggingface/hub");
  const { name } = reference;
  const sizes = new Map(filesOf(folder).map((path) => [path, statSync(join(folder, path)).size]));
  const totalBytes = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  let bytes = 0;
  const say = (file: string) => context.onEvent?.({ type: "upload", repo: name, file, bytes, totalBytes });
  const events = commitIter({
    repo: { type: "model", name },
    title,
    operations: [...sizes.keys()].map((path) => ({
      operation: "addOrUpdate",
      path,
      content: pathToFileURL(join(folder, path)),
    })),
    hubUrl: context.settings.endpoint,
    fetch: hubFetch(reference, context),
    // Every server that speaks the Hub's API takes LFS.
    useXet: false,
    ...(context.signal && { abortSignal: context.signal }),
  });
  for (;;) {
    const { done, value } = await events.next();
    if (done) {
      bytes = totalBytes;
      say([...sizes.keys()].at(-1)!);
      return value!.commit.oid;
    }
    if (value.event !== "fileProgress" || value.state !== "uploading" || value.progress < 1) continue;
    bytes += sizes.get(value.path) ?? 0;
    say(value.path);
  }
}

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
