/** A classifier over HTTP: texts in, labels out, as JSON; with its health and numbers for Prometheus. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AttuneError, listOf } from "../base/error.ts";
import type { Classifier, Prediction } from "../classifier/classifier.ts";
import type { Text } from "../tables/dataset.ts";
import { ServerNumbers } from "./server-numbers.ts";

export interface ServeOptions {
  /** @default "127.0.0.1", which is reached from this machine only */
  readonly host?: string;
  /** 0 takes a free one. @default 8017 */
  readonly port?: number;
  /** Names besides localhost and the host that requests may be for, against pages that let their name lead here. */
  readonly allowedHosts?: readonly string[];
  /** Texts of one request. @default 1000 */
  readonly maxTexts?: number;
  /** Bytes of one request. @default 4 MiB */
  readonly maxBytes?: number;
  /** Requests that are answered or wait at a time; more get 429. @default 64 */
  readonly maxConcurrent?: number;
}

/** A refusal, with the status of its answer. */
class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

type Route = (request: IncomingMessage, signal: AbortSignal) => Promise<object | string> | object | string;

export class ClassifierServer {
  readonly #classifier: Classifier;
  readonly #limits: Required<Pick<ServeOptions, "maxTexts" | "maxBytes" | "maxConcurrent">>;
  readonly #hosts: ReadonlySet<string>;
  readonly #server: Server;
  readonly #numbers = new ServerNumbers();
  #isStopping = false;

  private constructor(classifier: Classifier, options: ServeOptions) {
    const { host = "127.0.0.1", allowedHosts = [], maxTexts = 1000, maxBytes = 2 ** 22, maxConcurrent = 64 } = options;
    this.#classifier = classifier;
    this.#limits = { maxTexts, maxBytes, maxConcurrent };
    this.#hosts = new Set(["localhost", "127.0.0.1", "[::1]", host, ...allowedHosts].map((name) => name.toLowerCase()));
    this.#server = createServer((request, response) => void this.#answer(request, response));
    // Whoever sends slowly must not hold a place for long.
    this.#server.requestTimeout = 30_000;
    this.#server.headersTimeout = 10_000;
  }

  /** Begins to listen; the classifier stays its owner's. */
  static async start(classifier: Classifier, options: ServeOptions = {}): Promise<ClassifierServer> {
    const own = new ClassifierServer(classifier, options);
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
  }

  readonly #routes: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
    "/predict": { POST: (request, signal) => this.#predict(request, signal) },
    "/health": { GET: () => this.#health() },
    "/metrics": { GET: () => this.#numbers.text() },
  };

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "/").split("?", 1)[0]!;
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    let status = 200;
    let body: object | string;
    const started = performance.now();
    try {
      body = await this.#routeOf(request, path)(request, gone.signal);
    } catch (error) {
      ({ status, body } = refused(error));
    }
    this.#numbers.answered(path in this.#routes ? path : "other", status, (performance.now() - started) / 1000);
    if (response.destroyed) return;
    const isText = typeof body === "string";
    const content = isText ? body : `${JSON.stringify(body)}\n`;
    response.writeHead(status, {
      "content-type": isText ? "text/plain; version=0.0.4; charset=utf-8" : "application/json; charset=utf-8",
      "content-length": Buffer.byteLength(content as string),
      "x-content-type-options": "nosniff",
      ...(status === 429 && { "retry-after": "1" }),
      // What was not read of a request that is too large is not waited for.
      ...((this.#isStopping || status === 413) && { connection: "close" }),
    });
    response.end(content);
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

  #health(): object {
    if (this.#isStopping) throw new Refusal(503, "stopping", "the server is stopping");
    return { status: "ready", labels: this.#classifier.labels, requests: this.#numbers.current };
  }

  async #predict(request: IncomingMessage, signal: AbortSignal): Promise<object> {
    const { maxConcurrent, maxBytes } = this.#limits;
    if (this.#numbers.current >= maxConcurrent)
      throw new Refusal(429, "busy", `${maxConcurrent} requests are being answered; try again later`);
    // A page of somebody else's cannot send this without being asked first.
    if (!/^application\/json\b/i.test(request.headers["content-type"] ?? ""))
      throw new Refusal(415, "type", "the content type must be application/json");
    this.#numbers.current++;
    try {
      const { texts, top, isOne } = this.#asked(await readBody(request, maxBytes));
      const predictions = await this.#classifier.predict(texts, signal);
      this.#numbers.texts += texts.length;
      const answers = predictions.map((prediction) => answerOf(prediction, top));
      return isOne ? answers[0]! : { predictions: answers };
    } finally {
      this.#numbers.current--;
    }
  }

  #asked(body: string): { readonly texts: readonly Text[]; readonly top: number | undefined; readonly isOne: boolean } {
    const given = parsed(body);
    const unknown = Object.keys(given).find((key) => !["text", "texts", "top"].includes(key));
    if (unknown !== undefined)
      throw new Refusal(400, "body", `there is no ${JSON.stringify(unknown)}; there are text, texts and top`);
    const { text, texts, top } = given;
    if ((text === undefined) === (texts === undefined))
      throw new Refusal(400, "body", 'give either {"text": "…"} or {"texts": ["…", …]}');
    if (top !== undefined && !(Number.isInteger(top) && (top as number) > 0))
      throw new Refusal(400, "body", "top must be a whole number from 1 on");
    if (texts !== undefined && !Array.isArray(texts)) throw new Refusal(400, "body", "texts must be a list");
    const list = (texts ?? [text]) as readonly Text[];
    if (list.length > this.#limits.maxTexts)
      throw new Refusal(
        413,
        "texts",
        `${list.length} texts are too many for one request; at most ${this.#limits.maxTexts}`,
      );
    return { texts: list, top: top as number | undefined, isOne: text !== undefined };
  }
}

const answerOf = ({ label, labels, scores }: Prediction, top: number | undefined): object => ({
  ...(labels ? { labels } : { label }),
  scores: scores.slice(0, top),
});

function parsed(body: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    throw new Refusal(400, "json", `this is not JSON (${(error as Error).message})`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Refusal(400, "body", 'a request is an object like {"texts": ["…"]}');
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > maxBytes)
      throw new Refusal(413, "bytes", `a request may have ${maxBytes} bytes; send fewer texts at a time`);
    chunks.push(chunk as Buffer);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new Refusal(400, "encoding", "this is not UTF-8");
  }
}

/** What is wrong with a request is said; what is wrong here is said without what is nobody else's business. */
function refused(error: unknown): { readonly status: number; readonly body: object } {
  const said = (status: number, code: string, message: string) => ({ status, body: { error: { code, message } } });
  if (error instanceof Refusal) return said(error.status, error.code, error.message);
  if (error instanceof AttuneError && error.kind === "input") return said(400, error.code, error.message);
  if (error instanceof AttuneError && error.kind === "interrupted") return said(499, error.code, error.message);
  return said(500, "failure", "the texts could not be labelled; see the server's log");
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
