/** Where the Hub and its cache are, from the environment variables that Python's huggingface_hub reads. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { AttuneError } from "../base/error.ts";

export interface HubSettings {
  /** Without a slash at its end. */
  readonly endpoint: string;
  /** Folder of repositories: HF_HUB_CACHE. */
  readonly cache: string;
  /** Folder for what programs make of repositories: HF_ASSETS_CACHE. */
  readonly assets: string;
  readonly token: string | undefined;
  /** No request is made. */
  readonly offline: boolean;
  /** Whether snapshots link to blobs; without, they hold the files. */
  readonly links: boolean;
  /** Longest silence of the server. */
  readonly timeoutSeconds: number;
  /** Pause before the first repetition; each further one is twice as long. */
  readonly retrySeconds: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws AttuneError where a variable cannot be what it is set to */
export function hubSettings(env: Environment = process.env): HubSettings {
  const folder = (name: string): string | undefined => (env[name] ? resolve(expand(env[name], env)) : undefined);
  const home = folder("HF_HOME") ?? join(folder("XDG_CACHE_HOME") ?? join(homedir(), ".cache"), "huggingface");
  return {
    endpoint: endpointOf(env.HF_ENDPOINT),
    cache: folder("HF_HUB_CACHE") ?? folder("HUGGINGFACE_HUB_CACHE") ?? join(home, "hub"),
    assets: folder("HF_ASSETS_CACHE") ?? folder("HUGGINGFACE_ASSETS_CACHE") ?? join(home, "assets"),
    token: tokenOf(env, folder("HF_TOKEN_PATH") ?? join(home, "token")),
    offline: isOn(env.HF_HUB_OFFLINE || env.TRANSFORMERS_OFFLINE),
    links: !isOn(env.HF_HUB_DISABLE_SYMLINKS),
    timeoutSeconds: secondsOf("HF_HUB_DOWNLOAD_TIMEOUT", env.HF_HUB_DOWNLOAD_TIMEOUT),
    retrySeconds: 1,
  };
}

const isOn = (value: string | undefined): boolean => ["1", "ON", "YES", "TRUE"].includes(value?.toUpperCase() ?? "");

/** `~` and `$NAME`, as Python expands them. */
const expand = (path: string, env: Environment): string =>
  path
    .replace(/^~(?=[/\\]|$)/, () => homedir())
    .replace(/\$(\w+)|\$\{(\w+)\}/g, (all, bare, braced) => env[bare ?? braced] ?? all);

function endpointOf(value: string | undefined): string {
  const endpoint = (value || "https://huggingface.co").replace(/\/+$/, "");
  if (/^[^/]*\/\/[^/]*@/.test(endpoint))
    throw new AttuneError(
      "hub/endpoint",
      "HF_ENDPOINT cannot have a user or password in it: such requests are not made, and it would be seen in messages",
    );
  if (!/^https?:/.test(endpoint) || !URL.canParse(endpoint))
    throw new AttuneError(
      "hub/endpoint",
      `HF_ENDPOINT cannot be "${value}": it must be a URL like https://huggingface.co`,
    );
  return endpoint;
}

function secondsOf(name: string, value: string | undefined): number {
  const seconds = Number(value || 10);
  if (!(seconds > 0)) throw new AttuneError("hub/timeout", `${name} cannot be "${value}": it must be seconds, like 10`);
  return seconds;
}

/** The token that was given, else the one that `hf auth login` left behind. */
function tokenOf(env: Environment, file: string): string | undefined {
  const given = (env.HF_TOKEN || env.HUGGING_FACE_HUB_TOKEN)?.trim();
  if (given || isOn(env.HF_HUB_DISABLE_IMPLICIT_TOKEN)) return given || undefined;
  try {
    return readFileSync(file, "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}
