/** One request and its answer, with what may go wrong on the way. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";

/** What happens to an answer instead of what should. */
export interface Fault {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The connection ends after so many bytes of the body. */
  readonly breaksAfter?: number;
  /** Nothing more comes after so many bytes of the body. */
  readonly stallsAfter?: number;
  /** After so many bytes of the body only a few come now and then. */
  readonly tricklesAfter?: number;
  /** So many bytes too few or too many, with a Content-Length to match. */
  readonly lengthBy?: number;
  /** The right length, wrong bytes. */
  readonly corrupt?: boolean;
  readonly ignoresRange?: boolean;
}

export class Exchange {
  readonly method: string;
  readonly url: URL;
  readonly path: string;
  readonly token: string | undefined;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #fault: Fault | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, fault: Fault | undefined) {
    this.#request = request;
    this.#response = response;
    this.#fault = fault;
    this.method = request.method!;
    this.url = new URL(request.url!, "http://hub");
    this.path = decodeURIComponent(this.url.pathname);
    this.token = request.headers.authorization?.replace(/^Bearer /, "");
  }

  header(name: string): string | undefined {
    return this.#request.headers[name] as string | undefined;
  }

  body(): Promise<Buffer> {
    return buffer(this.#request);
  }

  async json<T>(): Promise<T> {
    return JSON.parse((await this.body()).toString());
  }

  sendJson(value: unknown, headers: Readonly<Record<string, string>> = {}): void {
    this.send(Buffer.from(JSON.stringify(value)), { "content-type": "application/json", ...headers });
  }

  redirect(status: number, location: string, headers: Readonly<Record<string, string>> = {}): void {
    this.#start(status, { ...headers, location, "content-length": "0" }).end();
  }

  refuse(status: number, code: string | undefined, message: string): void {
    const headers = { ...(code && { "x-error-code": code }), "x-error-message": message };
    this.#start(status, { ...headers, "content-type": "application/json" }).end(JSON.stringify({ error: message }));
  }

  /** A body, or the range of it that was asked for. */
  send(whole: Buffer, headers: Readonly<Record<string, string>> = {}): void {
    const {
      status,
      headers: given,
      breaksAfter,
      stallsAfter,
      tricklesAfter,
      lengthBy,
      corrupt,
      ignoresRange,
    } = this.#fault ?? {};
    if (status !== undefined) {
      this.#start(status, given ?? {}).end();
      return;
    }
    const range = ignoresRange ? undefined : /^bytes=(\d+)-(\d*)$/.exec(this.header("range") ?? "");
    const from = Number(range?.[1] ?? 0);
    if (range && from >= whole.length) {
      this.#start(416, { "content-range": `bytes */${whole.length}` }).end();
      return;
    }
    const to = range?.[2] ? Math.min(Number(range[2]) + 1, whole.length) : whole.length;
    let bytes = whole.subarray(from, to);
    if (lengthBy !== undefined)
      bytes = Buffer.concat([bytes, Buffer.alloc(Math.max(0, lengthBy))]).subarray(0, bytes.length + lengthBy);
    if (corrupt) bytes = Buffer.from(bytes.map((byte) => byte ^ 1));
    const response = this.#start(range ? 206 : 200, {
      ...headers,
      "accept-ranges": "bytes",
      "content-length": String(bytes.length),
      ...(range && { "content-range": `bytes ${from}-${to - 1}/${whole.length}` }),
    });
    if (this.method === "HEAD") response.end();
    else if (breaksAfter !== undefined) {
      // Late enough that the bytes before it have been read: fetch forgets those that have not.
      response.write(bytes.subarray(0, breaksAfter), () => setTimeout(() => response.socket?.end(), 50));
    } else if (stallsAfter !== undefined) response.write(bytes.subarray(0, stallsAfter));
    else if (tricklesAfter !== undefined) {
      response.write(bytes.subarray(0, tricklesAfter));
      let sent = tricklesAfter;
      const timer = setInterval(() => response.write(bytes.subarray(sent, ++sent)), 20);
      response.on("close", () => clearInterval(timer));
    } else response.end(bytes);
  }

  #start(status: number, headers: Readonly<Record<string, string>>): ServerResponse {
    return this.#response.writeHead(status, headers);
  }
}
