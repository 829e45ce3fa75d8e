/** Who may ask the application: whoever has its token, from its own page, under its own name. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { Refusal } from "./app-types.ts";

export interface GuardOptions {
  readonly token: string;
  /** Hosts with their port, as requests name them. */
  readonly hosts: ReadonlySet<string>;
  /** Cookies are shared by all ports of a machine, so its name has the port. */
  readonly cookie: string;
}

/** The page's own scripts, styles and pictures, and nothing from anywhere else. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Refuses what comes from elsewhere, before anything else is looked at, and gives every answer its headers. */
export function requestGuard({ token, hosts, cookie }: GuardOptions): MiddlewareHandler {
  return async (c, next) => {
    const refusal = wrongPlace(c, hosts) ?? (isKnown(c, token, cookie) ? undefined : unknown(c));
    if (refusal) return secured(refusal);
    // The token of the address becomes a cookie, so that it need not stand in any other address.
    if (c.req.query("token") !== undefined && c.req.path === "/")
      setCookie(c, cookie, token, { httpOnly: true, sameSite: "Strict", path: "/" });
    await next();
    c.res = secured(c.res);
    return undefined;
  };
}

function wrongPlace(c: Context, hosts: ReadonlySet<string>): Response | undefined {
  const host = (c.req.header("host") ?? "").toLowerCase();
  if (!hosts.has(host))
    return refused(c, 421, "app/host", `requests for the host ${JSON.stringify(host)} are not answered`);
  const origin = c.req.header("origin");
  if (origin !== undefined && origin.toLowerCase() !== `http://${host}`)
    return refused(c, 403, "app/origin", "requests of pages from elsewhere are not answered");
  // A link to the page may stand anywhere; everything else is asked by the page itself.
  const site = c.req.header("sec-fetch-site");
  const isLink = c.req.path === "/" && c.req.method === "GET";
  if (site !== undefined && site !== "same-origin" && site !== "none" && !isLink)
    return refused(c, 403, "app/origin", "requests of pages from elsewhere are not answered");
  // A browser says where a change comes from; a program shows the token instead.
  const isChange = c.req.method !== "GET" && c.req.method !== "HEAD";
  if (isChange && origin === undefined && c.req.header("authorization") === undefined)
    return refused(c, 403, "app/origin", "a request that changes something must say its origin");
  return undefined;
}

function isKnown(c: Context, token: string, cookie: string): boolean {
  const bearer = /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  const inAddress = c.req.path === "/" ? c.req.query("token") : undefined;
  return [inAddress, bearer, getCookie(c, cookie)].some((given) => given !== undefined && isSame(given, token));
}

/** In a time that does not tell how much of it is right. */
const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

function unknown(c: Context): Response {
  const message = "this needs the address, with its token, that attune app printed when it was started";
  if (c.req.path === "/") return c.text(`Attune: ${message}.\n`, 401);
  return refused(c, 401, "app/token", message);
}

const refused = (c: Context, status: 401 | 403 | 421, code: string, message: string): Response =>
  c.json({ error: { code, message } } satisfies Refusal, status);

function secured(response: Response): Response {
  const { headers } = response;
  if (!headers.has("content-security-policy")) headers.set("content-security-policy", PAGE_POLICY);
  if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
  headers.set("x-content-type-options", "nosniff");
  headers.set("referrer-policy", "no-referrer");
  headers.set("cross-origin-opener-policy", "same-origin");
  headers.set("cross-origin-resource-policy", "same-origin");
  return response;
}
