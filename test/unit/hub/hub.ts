/** A loopback Hub and a cache of its own for the tests of one file. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach } from "vitest";
import type { FetchEvent } from "../../../src/hub/fetch-events.ts";
import { hubSettings } from "../../../src/hub/hub-settings.ts";
import type { HubContext } from "../../../src/hub/requests.ts";
import { HubServer } from "../../hub-server/server.ts";

export function loopbackHub() {
  const hub = new HubServer();
  const root = mkdtempSync(join(tmpdir(), "attune-hub-"));
  let count = 0;
  let home = "";
  let nowhere = "";
  beforeAll(async () => {
    await hub.listen();
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    nowhere = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await new Promise((resolve) => server.close(resolve));
  });
  beforeEach(() => {
    home = join(root, String(count++));
    hub.requests.length = 0;
  });
  afterAll(async () => {
    await hub.close();
    rmSync(root, { recursive: true });
  });
  const environment = (more: Readonly<Record<string, string>> = {}) => ({
    HF_HOME: home,
    HF_ENDPOINT: hub.url,
    ...more,
  });
  /** What one call of the code under test gets; each test has an empty cache, and waits in it are short. */
  const context = (more: Readonly<Record<string, string>> = {}): HubContext & { readonly events: FetchEvent[] } => {
    const events: FetchEvent[] = [];
    const settings = { ...hubSettings(environment(more)), retrySeconds: 0.001 };
    return { settings, events, onEvent: (event) => events.push(event) };
  };
  /** Where nobody listens. */
  const noHub = () => nowhere;
  return { hub, noHub, context, environment, cache: (...path: readonly string[]) => join(home, "hub", ...path) };
}
