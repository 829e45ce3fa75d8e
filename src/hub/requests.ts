/** Requests to the Hub: with the token, repeated where that helps, and with errors that say what to do. */
import { setTimeout as sleep } from "node:timers/promises";
import { AttuneError } from "../base/error.ts";
import { networkError, offlineError, statusError } from "./errors.ts";
import type { FetchEvent, WaitEvent } from "./fetch-events.ts";
import type { HubSettings } from "./hub-settings.ts";
import type { HubReference } from "./repository-name.ts";

export interface RequestContext {
  readonly settings: HubSettings;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: WaitEvent) => void) | undefined;
}

export interface HubContext extends RequestContext {
  readonly onEvent?: ((event: FetchEvent) => void) | undefined;
}

/** Attempts at one request, the first included. */
export const ATTEMPTS = 5;
/** The longest that is waited where the Hub asks for patience. */
const MOST_PATIENCE_SECONDS = 300;
/** There is no way there: trying again at once does not help. */
const UNREACHABLE = new Set(["ENOTFOUND", "ECONNREFUSED", "ENETUNREACH", "EHOSTUNREACH"]);

/** A `fetch` for one repository, for the library's functions and ours. An answer that is no success is an error, but 416. */
export function hubFetch(reference: HubReference, context: RequestContext): typeof fetch {
  const { settings, signal } = context;
  return async (input, init = {}) => {
    if (settings.offline) throw offlineError(reference, settings);
    const url = new URL(input instanceof Request ? input.url : input);
    for (let attempt = 1; ; attempt++) {
      let response: Response;
      try {
        response = await send(url, init, context);
      } catch (cause) {
        if (signal?.aborted) throw interrupted(reference);
        if (attempt === ATTEMPTS || isUnreachable(cause)) throw networkError(cause, reference, settings);
        await pause(reference, context, delayOf(attempt, settings), "the connection failed");
        continue;
      }
      const { status } = response;
      if (response.ok || status === 416) return response;
      if ((status !== 429 && status < 500) || attempt === ATTEMPTS) throw statusError(response, reference, settings);
      await response.body?.cancel();
      const asked = status === 429 ? askedDelay(response) : undefined;
      if (asked !== undefined && asked > MOST_PATIENCE_SECONDS) throw tooMany(reference, asked, settings);
      const reason = status === 429 ? "the Hub asks for a pause" : `the Hub answered ${status}`;
      await pause(reference, context, asked ?? delayOf(attempt, settings), reason);
    }
  };
}

/** Seconds before the next attempt. */
export const delayOf = (attempt: number, { retrySeconds }: HubSettings): number => retrySeconds * 2 ** (attempt - 1);

/** Waits and says so, unless it is stopped. */
export async function pause(
  reference: HubReference,
  { signal, onEvent }: RequestContext,
  seconds: number,
  reason: string,
): Promise<void> {
  onEvent?.({ type: "wait", repo: reference.name, seconds, reason });
  try {
    await sleep(seconds * 1000, undefined, signal && { signal });
  } catch {
    throw interrupted(reference);
  }
}

export const interrupted = ({ name }: HubReference): AttuneError =>
  new AttuneError(
    "hub/interrupted",
    `stopped while ${name} was fetched; started again, it goes on from there`,
    "interrupted",
  );

/** One attempt. What is read must begin to come in time; what is sent may take longer. An answer of the API comes whole. */
async function send(url: URL, init: RequestInit, { settings, signal }: RequestContext): Promise<Response> {
  const silence = new AbortController();
  const isRead = (init.method ?? "GET") === "GET";
  const stop = () => silence.abort(noAnswer(settings));
  const timer = isRead ? setTimeout(stop, settings.timeoutSeconds * 1000) : undefined;
  const isOwn = url.origin === new URL(settings.endpoint).origin;
  const headers = new Headers(init.headers);
  headers.set("user-agent", "attune");
  // Nobody else gets the token; fetch itself drops it where a redirect leads to another host.
  if (settings.token && isOwn) headers.set("authorization", `Bearer ${settings.token}`);
  else headers.delete("authorization");
  const signals = [silence.signal, signal, init.signal].filter((given) => given instanceof AbortSignal);
  try {
    const response = await fetch(url, { ...init, headers, signal: AbortSignal.any(signals) });
    if (!isOwn || !url.pathname.includes("/api/")) return response;
    timer?.refresh();
    const body = await response.arrayBuffer();
    return new Response(body.byteLength > 0 ? body : null, response);
  } finally {
    clearTimeout(timer);
  }
}

export const noAnswer = ({ timeoutSeconds }: HubSettings): Error =>
  new Error(`no answer for ${timeoutSeconds} seconds`);

function isUnreachable(cause: unknown): boolean {
  const { code, errors } = ((cause as Error).cause ?? {}) as NodeJS.ErrnoException & {
    errors?: NodeJS.ErrnoException[];
  };
  // With several addresses of a host, each has its own error.
  return UNREACHABLE.has(code ?? "") || (errors?.every((error) => UNREACHABLE.has(error.code ?? "")) ?? false);
}

/** `Retry-After`, in seconds or as a date. */
function askedDelay({ headers }: Response): number | undefined {
  const value = headers.get("retry-after");
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

function tooMany({ name }: HubReference, seconds: number, { token }: HubSettings): AttuneError {
  const advice = token ? "" : ", or set HF_TOKEN, which allows more requests";
  return new AttuneError(
    "hub/rate-limit",
    `${name}: the Hub asks for ${Math.ceil(seconds / 60)} minutes without requests; start again after that${advice}`,
    "failure",
  );
}
