/** What requests carry: JSON of a shape, no more than is needed. */
import type { Context } from "hono";
import type { z } from "zod";
import { AttuneError } from "../base/error.ts";

const MOST_BYTES = 2 ** 22;

/** @throws AttuneError where it is too large, no JSON, or has another shape */
export async function jsonBody<T>(c: Context, shape: z.ZodType<T>): Promise<T> {
  if (!/^application\/json\b/i.test(c.req.header("content-type") ?? ""))
    throw new AttuneError("app/type", "the content type must be application/json");
  const text = new TextDecoder().decode(await boundedBody(c, MOST_BYTES));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AttuneError("app/json", `this is not JSON (${(cause as Error).message})`, "input", { cause });
  }
  const { success, data, error } = shape.safeParse(value);
  if (success) return data;
  const [issue] = error.issues;
  throw new AttuneError("app/shape", `${issue!.path.join(".") || "the request"}: ${issue!.message}`);
}

async function boundedBody(c: Context, most: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of c.req.raw.body ?? []) {
    bytes += piece.length;
    if (bytes > most) throw tooLarge(most);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

export const tooLarge = (most: number): AttuneError =>
  new AttuneError(
    "app/too-large",
    `more than ${Math.round(most / 2 ** 20)} MiB are not taken; put a larger file into the folder yourself`,
  );
