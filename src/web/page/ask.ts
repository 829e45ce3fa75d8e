/** Questions to the server. */
import type { Refusal } from "../app-types.ts";

/** What the server refused, in its words; `isGone` where it does not answer at all, or knows this page no more. */
export class AskError extends Error {
  readonly code: string;
  readonly isGone: boolean;

  constructor(code: string, message: string, isGone = false) {
    super(message);
    this.code = code;
    this.isGone = isGone;
  }
}

export interface Question {
  /** Of the address; a list stands for the same name several times. */
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON, which makes it a POST. */
  readonly body?: unknown;
  /** Sent as it is. */
  readonly file?: Blob;
  readonly signal?: AbortSignal | undefined;
}

export const addressOf = (path: string, query: Readonly<Record<string, string>> = {}): string =>
  Object.keys(query).length === 0 ? path : `${path}?${new URLSearchParams(query)}`;

export async function ask<T>(path: string, { query, body, file, signal }: Question = {}): Promise<T> {
  const isChange = body !== undefined || file !== undefined;
  let response: Response;
  try {
    response = await fetch(addressOf(path, query), {
      method: isChange ? "POST" : "GET",
      ...(isChange && { body: file ?? JSON.stringify(body) }),
      ...(body !== undefined && { headers: { "content-type": "application/json" } }),
      ...(signal && { signal }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new AskError("app/gone", "Attune does not answer. It may have been stopped.", true);
  }
  const said = (await response.json()) as T | Refusal;
  if (response.ok) return said as T;
  const { code, message } = (said as Refusal).error;
  throw new AskError(code, message, response.status === 401);
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
