/** A classifier over HTTP: texts in, labels out, as JSON; with its health and numbers for Prometheus. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AttuneError, listOf } from "../base/error.ts";
import { Refusal, refused } from "./refusal.ts";
import { ServerNumbers } from "./server-numbers.ts";
import { type Answering, jsonOf } from "./text-answers.ts";

export interface ServeOptions {
  /** @default "127.0.0.1", which is reached from this machine only */
  readonly host?: string;
  /** 0 takes a free one. @default 8017 */
  readonly port?: number;
  /** Names besides localhost and the host that requests may be for, against pages that let their name lead here. */
  readonly allowedHosts?: readonly string[];
  /** Bytes of one request. @default 4 MiB */
  readonly maxBytes?: number;
  /** Requests that are answered or wait at a time; more get 429. @default 64 */
  readonly maxConcurrent?: number;
  /** Called with what went wrong here, which requests are not told. */
  readonly onFault?: (stack: string) => void;
}

/** What is sent back. */
interface Sent {
  readonly status: number;
  readonly content: Uint8Array | string;
}

type Route = (request: IncomingMessage, signal: AbortSignal) => Promise<Sent> | Sent;

export class ClassifierServer {
  readonly #answers: Answering;
  readonly #limits: Required<Pick<ServeOptions, "maxBytes" | "maxConcurrent">>;
  readonly #onFault: (stack: string) => void;
  readonly #hosts: ReadonlySet<string>;
  readonly #server: Server;
  readonly #numbers = new ServerNumbers();
  #isStopping = false;

  private constructor(answers: Answering, options: ServeOptions) {
    const { host = "127.0.0.1", allowedHosts = [], maxBytes = 2 ** 22, maxConcurrent = 64 } = options;
    this.#answers = answers;
    this.#limits = { maxBytes, maxConcurrent };
    this.#onFault = options.onFault ?? (() => {});
    this.#hosts = new Set(["localhost", "127.0.0.1", "[::1]", host, ...allowedHosts].map((name) => name.toLowerCase()));
    this.#server = createServer((request, response) => void this.#answer(request, response));
    // Whoever sends slowly must not hold a place for long.
    this.#server.requestTimeout = 30_000;
    this.#server.headersTimeout = 10_000;
  }

  /** Begins to listen; what answers stays its owner's. */
  static async start(answers: Answering, options: ServeOptions = {}): Promise<ClassifierServer> {
    const own = new ClassifierServer(answers, options);
    const { host = "127.0.0.1", port = 8017 } = options;
    await new Promise<void>((resolve, reject) => {
      own.#server.once("error", (error: NodeJS.ErrnoException) => reject(cannotListen(error, host, port)));
      own.#server.listen(port, host, resolve);
    });
    return own;
  }

  get url(): string {
    const { address, family, port } = this.#server.address() as AddressInfo;
    return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
  }

  /** Takes no new requests, and is over when those that are here have their answers. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeIdleConnections();
    await closed;
    this.#numbers.close();
  }

  readonly #routes: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
    "/predict": { POST: (request, signal) => this.#predict(request, signal) },
    "/health": { GET: () => this.#health() },
    "/metrics": { GET: () => ({ status: 200, content: this.#numbers.text() }) },
  };

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "/").split("?", 1)[0]!;
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    const started = performance.now();
    let sent: Sent;
    try {
      sent = await this.#routeOf(request, path)(request, gone.signal);
    } catch (error) {
      sent = this.#refusal(error);
    }
    const { status, content } = sent;
    this.#numbers.answered(path in this.#routes ? path : "other", status, (performance.now() - started) / 1000);
    if (response.destroyed) return;
    response.writeHead(status, {
      "content-type":
        typeof content === "string" ? "text/plain; version=0.0.4; charset=utf-8" : "application/json; charset=utf-8",
      "content-length": Buffer.byteLength(content),
      "x-content-type-options": "nosniff",
      ...(status === 429 && { "retry-after": "1" }),
      // What was not read of a request that is too large is not waited for.
      ...((this.#isStopping || status === 413) && { connection: "close" }),
    });
    response.end(content);
  }

  #refusal(error: unknown): Sent {
    const { status, body } = refused(error);
    if (status === 500) this.#onFault(String((error as Error).stack ?? error));
    return { status, content: jsonOf(body) };
  }

  #routeOf(request: IncomingMessage, path: string): Route {
    const host = (request.headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
    if (!this.#hosts.has(host))
      throw new Refusal(
        421,
        "host",
        `requests for the host ${JSON.stringify(host)} are not answered; allow it with --allow-host`,
      );
    const methods = this.#routes[path];
    if (!methods)
      throw new Refusal(404, "path", `there is no ${path}; there are ${listOf(Object.keys(this.#routes), "and")}`);
    const route = methods[request.method ?? ""];
    if (!route) throw new Refusal(405, "method", `${path} takes ${Object.keys(methods).join(" and ")}`);
    return route;
  }

  #health(): Sent {
    if (this.#isStopping) throw new Refusal(503, "stopping", "the server is stopping");
    const { labels } = this.#answers;
    return { status: 200, content: jsonOf({ status: "ready", labels, requests: this.#numbers.current }) };
  }

  async #predict(request: IncomingMessage, signal: AbortSignal): Promise<Sent> {
    const { maxConcurrent, maxBytes } = this.#limits;
    if (this.#numbers.current >= maxConcurrent)
      throw new Refusal(429, "busy", `${maxConcurrent} requests are being answered; try again later`);
    // A page of somebody else's cannot send this without being asked first.
    if (!/^application\/json\b/i.test(request.headers["content-type"] ?? ""))
      throw new Refusal(415, "type", "the content type must be application/json");
    this.#numbers.current++;
    try {
      const answer = await this.#answers.answer(await readBody(request, maxBytes), signal);
      this.#numbers.texts += answer.texts;
      if (answer.fault !== undefined) this.#onFault(answer.fault);
      return answer;
    } finally {
      this.#numbers.current--;
    }
  }
}

/** Its bytes, in memory of their own. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request) {
      bytes += (chunk as Buffer).length;
      if (bytes > maxBytes) break;
      chunks.push(chunk as Buffer);
    }
  } catch {
    throw new Refusal(499, "left", "the sender left before the end of its request");
  }
  if (bytes > maxBytes)
    throw new Refusal(413, "bytes", `a request may have ${maxBytes} bytes; send fewer texts at a time`);
  const body = new Uint8Array(bytes);
  let from = 0;
  for (const chunk of chunks) {
    body.set(chunk, from);
    from += chunk.length;
  }
  return body;
}

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number): AttuneError {
  const reason = error.code === "EADDRINUSE" ? "something listens there already" : error.message;
  return new AttuneError(
    "serve/listen",
    `cannot listen on ${host}, port ${port}: ${reason}; choose another --port`,
    "input",
    {
      cause: error,
    },
  );
}
