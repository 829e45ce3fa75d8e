/** The local application in tests: requests as a browser or somebody else would send them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";

/** A page that is built in a moment: for tests of what the server does. */
export function emptyPage(folder: string): string {
  mkdirSync(join(folder, "assets"), { recursive: true });
  writeFileSync(join(folder, "index.html"), "<!doctype html><title>Attune</title>");
  writeFileSync(join(folder, "assets/page-abc.js"), "export {};");
  return folder;
}

export interface Asked {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Any request at all; `fetch` would not send some of these headers. */
export function send(
  url: string,
  {
    method = "GET",
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, async (response) => {
      resolve({ status: response.statusCode!, headers: response.headers, body: await text(response) });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
