/** The local application: a server for its own page, on this machine alone unless something else is asked for. */
import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { AttuneError } from "../base/error.ts";
import type { Refusal } from "./app-types.ts";
import { FolderList } from "./folder-list.ts";
import { Jobs } from "./jobs.ts";
import { newRoutes } from "./new-routes.ts";
import { OpenModels } from "./open-models.ts";
import { readPage } from "./page-files.ts";
import { playRoutes } from "./play-routes.ts";
import { Reachable } from "./reachable.ts";
import { requestGuard } from "./request-guard.ts";
import { reviewRoutes } from "./review-routes.ts";
import { runRoutes } from "./run-routes.ts";

export interface AppOptions {
  /** Whose runs, studies, data and models are shown, and in which new ones are written. */
  readonly folder: string;
  /** Files and folders elsewhere that may be read as well. @default none */
  readonly also?: readonly string[];
  /** @default "127.0.0.1", which is reached from this machine only */
  readonly host?: string;
  /** 0 takes a free one. @default 8018, or a free one where that is taken */
  readonly port?: number;
  /** What must be known to ask anything; needed with a host that others reach. @default a random one */
  readonly token?: string;
  /** Folder of the built page. @default that of the package */
  readonly page?: string;
}

const PORT = 8018;
const LEAST_TOKEN = 16;
const LOCAL = new Set(["127.0.0.1", "localhost", "::1"]);

export class AppServer {
  readonly #server: Server;
  readonly #models: OpenModels;
  readonly #token: string;
  readonly #host: string;

  private constructor(server: Server, models: OpenModels, token: string, host: string) {
    this.#server = server;
    this.#models = models;
    this.#token = token;
    this.#host = host;
  }

  /** @throws AttuneError where the folder is not there, or the address cannot be had */
  static async start(options: AppOptions): Promise<AppServer> {
    const { host = "127.0.0.1", token = randomBytes(24).toString("base64url") } = options;
    if (!LOCAL.has(host) && options.token === undefined)
      throw new AttuneError(
        "app/token",
        `--host ${host} lets other machines ask; choose with --token what they must know, at least ${LEAST_TOKEN} characters`,
      );
    if (token.length < LEAST_TOKEN)
      throw new AttuneError("app/token", `--token has ${token.length} characters; it needs at least ${LEAST_TOKEN}`);
    const reachable = new Reachable(options.folder, options.also);
    const page = readPage(options.page);
    const server = createServer();
    await listening(server, host, options.port);
    const { port } = server.address() as AddressInfo;
    const hosts = new Set(
      [...LOCAL, host].map((name) => `${name.includes(":") ? `[${name}]` : name}:${port}`.toLowerCase()),
    );
    const app = new Hono();
    app.use(requestGuard({ token, hosts, cookie: `attune-app-${port}` }));
    app.onError((error, c) => {
      const { status, ...said } = refusalOf(error);
      return c.json(said satisfies Refusal, status);
    });
    app.notFound((c) =>
      c.json({ error: { code: "app/missing", message: `there is no ${c.req.path}` } } satisfies Refusal, 404),
    );
    const jobs = new Jobs(reachable.folder);
    const models = new OpenModels();
    runRoutes(app, { reachable, list: new FolderList(reachable.folder), jobs });
    newRoutes(app, { reachable, jobs });
    playRoutes(app, { reachable, models });
    reviewRoutes(app, { reachable, jobs });
    app.get("*", (c) => {
      const file = page.get(c.req.path);
      if (!file) return c.notFound();
      const isLasting = c.req.path.startsWith("/assets/"); // Their names change with their content.
      return c.body(file.content, 200, {
        "content-type": file.type,
        ...(isLasting && { "cache-control": "private, max-age=31536000, immutable" }),
      });
    });
    server.on("request", getRequestListener(app.fetch));
    return new AppServer(server, models, token, host);
  }

  /** The address to open, with the token. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    const name = this.#host.includes(":") ? `[${this.#host}]` : this.#host;
    return `http://${name}:${port}/?token=${encodeURIComponent(this.#token)}`;
  }

  /** What it started goes on without it. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
    await this.#models.close();
  }
}

/** Where the usual port is taken, any other will do, unless it was asked for. */
async function listening(server: Server, host: string, asked: number | undefined): Promise<void> {
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      const fail = (error: Error) => reject(error);
      server.once("error", fail);
      server.listen(port, host, () => {
        server.off("error", fail);
        resolve();
      });
    });
  try {
    await listen(asked ?? PORT);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "EADDRINUSE" && asked === undefined) return listen(0);
    const reason = code === "EADDRINUSE" ? "something listens there already" : message;
    throw new AttuneError(
      "app/listen",
      `cannot listen on ${host}, port ${asked ?? PORT}: ${reason}; choose another --port`,
      "input",
      { cause },
    );
  }
}

/** What is wrong with a request is said; what is wrong here is said in words that fit. */
function refusalOf(error: Error): Refusal & { readonly status: 400 | 403 | 404 | 409 | 413 | 500 } {
  const { code = "app/failure", kind, message } = error as AttuneError;
  const status = STATUS[code] ?? (kind === "input" ? 400 : 500);
  return { status, error: { code, message: message || "something went wrong; see the terminal of attune app" } };
}

const STATUS: Readonly<Record<string, 403 | 404 | 409 | 413>> = {
  "app/elsewhere": 403,
  "app/missing": 404,
  "app/exists": 409,
  "app/too-large": 413,
};
