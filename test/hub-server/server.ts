/**
 * The Hub's API on loopback, as its clients see it, so that tests need no network: repositories in memory, large files on a
 * second port as on another host, and faults on demand.
 */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serveInfo, servePaths, serveTree } from "./api.ts";
import { Exchange, type Fault } from "./exchange.ts";
import { serveFile } from "./files.ts";
import { type Kind, Repository, type RepositoryOptions } from "./repositories.ts";
import { createRepository, serveBatch, serveCommit, servePreupload, storeObject } from "./uploads.ts";

/** A token that may read what is private and write what is the user's. */
export const TOKEN = "hf_valid";
/** One that may read what is gated besides. */
export const ACCEPTED_TOKEN = "hf_accepted";

export interface SeenRequest {
  readonly host: "hub" | "store";
  readonly method: string;
  readonly path: string;
  readonly token: string | undefined;
  readonly range: string | undefined;
}

/** The next requests to paths that match, on either host, so many times. */
export interface FaultPlan {
  readonly path: RegExp;
  readonly fault: Fault;
  /** @default 1 */
  readonly times?: number;
}

export class HubServer {
  /** Whose token is known. */
  readonly user: string;
  readonly requests: SeenRequest[] = [];
  /** Large files by SHA-256. */
  readonly store = new Map<string, Buffer>();
  readonly #repositories = new Map<string, Repository>();
  readonly #renamed = new Map<string, string>();
  readonly #faults: { path: RegExp; fault: Fault; times: number }[] = [];
  readonly #hub: Server;
  readonly #store: Server;

  constructor(user = "tester") {
    this.user = user;
    this.#hub = createServer(this.#listener("hub"));
    this.#store = createServer(this.#listener("store"));
  }

  get url(): string {
    return urlOf(this.#hub);
  }

  get storeUrl(): string {
    return urlOf(this.#store);
  }

  async listen(): Promise<void> {
    for (const server of [this.#hub, this.#store])
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  }

  async close(): Promise<void> {
    for (const server of [this.#hub, this.#store]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  add(options: RepositoryOptions): Repository {
    const repository = new Repository(options);
    this.#repositories.set(`${repository.kind}s/${repository.name}`, repository);
    return repository;
  }

  find(kind: Kind, name: string): Repository | undefined {
    return this.#repositories.get(`${kind}s/${name}`);
  }

  rename(kind: Kind, from: string, to: string): void {
    this.#renamed.set(`${kind}s/${from}`, to);
  }

  fail({ path, fault, times = 1 }: FaultPlan): void {
    this.#faults.push({ path, fault, times });
  }

  /** Paths that were asked for, of the given method. */
  paths(method = "GET"): string[] {
    return this.requests.filter((request) => request.method === method).map(({ path }) => path);
  }

  #listener(host: "hub" | "store"): RequestListener {
    return (request, response) => {
      const planned = this.#faults.find(({ path, times }) => times > 0 && path.test(decodeURIComponent(request.url!)));
      if (planned) planned.times--;
      const exchange = new Exchange(request, response, planned?.fault);
      const { method, path, token } = exchange;
      this.requests.push({ host, method, path, token, range: exchange.header("range") });
      // Whatever should have happened does not.
      if (planned?.fault.status !== undefined) return exchange.send(Buffer.alloc(0));
      const answer = host === "hub" ? this.#answer(exchange) : this.#answerStore(exchange);
      answer.catch((error) => exchange.refuse(500, undefined, String(error)));
    };
  }

  async #answer(exchange: Exchange): Promise<void> {
    const { path, token, method } = exchange;
    if (token !== undefined && token !== TOKEN && token !== ACCEPTED_TOKEN)
      return exchange.refuse(401, undefined, "Invalid credentials in Authorization header");
    if (method === "POST" && token === undefined)
      return exchange.refuse(401, undefined, "Invalid username or password.");
    if (path === "/api/repos/create") return createRepository(exchange, this);
    if (path === "/api/validate-yaml") return exchange.sendJson({ errors: [], warnings: [] });
    if (path === "/api/whoami-v2") return exchange.sendJson({ type: "user", name: this.user, orgs: [], auth: {} });
    const cached = /^\/api\/resolve-cache\/(models|datasets)\/([^/]+\/[^/]+)\/(\w+)\/(.+)$/.exec(path);
    if (cached) return this.#withRepository(exchange, cached[1]!, cached[2]!, ["resolve", cached[3]!, cached[4]!]);
    const api = /^\/api\/(models|datasets)\/([^/]+\/[^/]+)(?:\/([\w-]+)(?:\/(.+))?)?$/.exec(path);
    if (api)
      return this.#withRepository(exchange, api[1]!, api[2]!, [api[3] ?? "revision", ...revisionOf(api[4] ?? "main")]);
    const git = /^\/(datasets\/)?([^/]+\/[^/]+)\.git\/info\/lfs\/objects\/batch$/.exec(path);
    if (git) return serveBatch(exchange, this);
    const file = /^\/(datasets\/)?([^/]+\/[^/]+)\/resolve\/(.+)$/.exec(path);
    if (file)
      return this.#withRepository(exchange, file[1] ? "datasets" : "models", file[2]!, [
        "resolve",
        ...revisionOf(file[3]!),
      ]);
    exchange.refuse(404, undefined, "Sorry, we can't find the page you are looking for.");
  }

  async #withRepository(
    exchange: Exchange,
    kinds: string,
    name: string,
    [what, revision, path]: string[],
  ): Promise<void> {
    const moved = this.#renamed.get(`${kinds}/${name}`);
    if (moved) return exchange.redirect(307, exchange.url.pathname.replace(name, moved) + exchange.url.search);
    const repository = this.#repositories.get(`${kinds}/${name}`);
    const mayRead = repository && (!repository.isPrivate || exchange.token !== undefined);
    if (!mayRead)
      return exchange.token
        ? exchange.refuse(404, "RepoNotFound", "Repository not found")
        : exchange.refuse(401, undefined, "Invalid username or password.");
    const commit = repository.resolve(revision!);
    if (!commit) return exchange.refuse(404, "RevisionNotFound", `Invalid rev id: ${revision}`);
    if (what === "revision") return serveInfo(exchange, repository, commit);
    if (what === "tree") return serveTree(exchange, repository, commit, this.url);
    if (what === "paths-info") return servePaths(exchange, repository, commit);
    if (what === "preupload") return servePreupload(exchange);
    if (what === "commit") return serveCommit(exchange, this, repository, revision!);
    if (what !== "resolve") return exchange.refuse(404, undefined, "Not found");
    if (repository.gated && exchange.token !== ACCEPTED_TOKEN)
      return exchange.refuse(exchange.token ? 403 : 401, "GatedRepo", `Access to ${name} is restricted`);
    for (const { sha256, bytes } of repository.filesOf(commit).values()) if (sha256) this.store.set(sha256, bytes);
    serveFile(exchange, repository, commit, path!, { hub: this.url, store: this.storeUrl });
  }

  async #answerStore(exchange: Exchange): Promise<void> {
    if (exchange.method === "PUT") return storeObject(exchange, this);
    const bytes = this.store.get(exchange.path.slice(1));
    if (!bytes) return exchange.refuse(404, undefined, "No such object");
    exchange.send(bytes, { etag: `"${exchange.path.slice(1)}"` });
  }
}

/** A revision with slashes in it is one of a few kinds. */
function revisionOf(rest: string): [string, string] {
  const [, revision, path] = /^(refs\/(?:convert|pr)\/[^/]+|[^/]+)(?:\/(.*))?$/.exec(rest)!;
  return [revision!, path ?? ""];
}

const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
