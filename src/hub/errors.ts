/** What goes wrong with the Hub, in words that say what to do. */
import { AttuneError } from "../base/error.ts";
import type { HubSettings } from "./hub-settings.ts";
import type { HubReference, Repo } from "./repository-name.ts";

/** The page of a repository in a browser. */
export const pageOf = ({ kind, name }: Repo, { endpoint }: HubSettings): string =>
  `${endpoint}/${kind === "dataset" ? "datasets/" : ""}${name}`;

/** For an answer that is no success. */
export function statusError(response: Response, repo: Repo | HubReference, settings: HubSettings): AttuneError {
  const { kind, name } = repo;
  const code = response.headers.get("x-error-code");
  const said = response.headers.get("x-error-message");
  const { status } = response;
  const page = pageOf(repo, settings);
  const login = settings.token ? "the token in HF_TOKEN or in its file" : "HF_TOKEN";
  if (status === 401 && /invalid credentials/i.test(said ?? ""))
    return new AttuneError(
      "hub/token",
      `${name}: the Hub does not know ${login}; make a new one in the settings of your account`,
    );
  if (code === "GatedRepo")
    return new AttuneError(
      "hub/gated",
      `${name}: access to this ${kind} is gated; accept its conditions on ${page}, then ${settings.token ? "use a token of that account" : "set HF_TOKEN to a token of yours"}`,
    );
  if (code === "RevisionNotFound") {
    const revision = "revision" in repo ? ` "${repo.revision}"` : "";
    return new AttuneError(
      "hub/no-revision",
      `${name}: there is no revision${revision}; ${page}/tree/main lists those that are there`,
    );
  }
  if (code === "RepoNotFound" || status === 401 || (status === 404 && code !== "EntryNotFound"))
    return new AttuneError(
      "hub/no-repo",
      `${name}: there is nothing of this name here, and no such ${kind} at ${settings.endpoint}, or it is private; check the name, or ${settings.token ? "whether your token may read it" : "set HF_TOKEN where it is yours"}`,
    );
  if (status === 403)
    return new AttuneError(
      "hub/forbidden",
      `${name}: the Hub refuses this (${said ?? "403"}); check what your token may do`,
    );
  const advice = status >= 500 ? "try again later" : "check the name, and what your token may do";
  return new AttuneError(
    "hub/status",
    `${name}: the Hub answered ${status}${said ? ` (${said})` : ""}; ${advice}`,
    status >= 500 ? "failure" : "input",
  );
}

/** For a request without an answer. */
export function networkError(cause: unknown, { name }: Repo, { endpoint }: HubSettings): AttuneError {
  return new AttuneError(
    "hub/unreachable",
    `${name}: ${endpoint} cannot be reached (${reasonOf(cause)}); check the network, or use a folder here, or what the cache has with HF_HUB_OFFLINE=1`,
    "failure",
    { cause },
  );
}

export function offlineError({ name, revision, kind }: HubReference, { cache }: HubSettings): AttuneError {
  return new AttuneError(
    "hub/offline",
    `${name}: HF_HUB_OFFLINE is set, and ${cache} does not have all of this ${kind} at ${revision}; fetch it once without HF_HUB_OFFLINE`,
  );
}

/** For a file system that refuses, and anything else as it is. */
export function diskError(cause: unknown, folder: string, variable = "HF_HOME"): unknown {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT")
    return new AttuneError(
      "hub/disk",
      `${folder}: there is no space left; free some and start again, what has come is kept, or move it with ${variable}`,
      "failure",
      { cause },
    );
  if (code === "EACCES" || code === "EPERM" || code === "EROFS")
    return new AttuneError(
      "hub/cache",
      `${folder}: cannot be written (${message}); choose another place with ${variable}`,
      "input",
      {
        cause,
      },
    );
  return cause;
}

/** The system's code, or the deepest message. */
function reasonOf(error: unknown): string {
  const { cause, message, code } = error as NodeJS.ErrnoException & { cause?: unknown };
  if (cause instanceof Error) return reasonOf(cause);
  return code ? String(code) : message;
}
