/** What comes in: repositories that are made, large files, commits. */
import type { Exchange } from "./exchange.ts";
import { isLarge, type Repository, sha256Of } from "./repositories.ts";
import type { HubServer } from "./server.ts";

export async function createRepository(exchange: Exchange, hub: HubServer): Promise<void> {
  const { name, organization, type, ...rest } = await exchange.json<{
    name: string;
    organization?: string;
    type?: "model" | "dataset";
    private?: boolean;
    visibility?: string;
  }>();
  const full = `${organization ?? hub.user}/${name}`;
  const kind = type ?? "model";
  if (organization && organization !== hub.user)
    return exchange.refuse(
      403,
      undefined,
      `You don't have the rights to create a ${kind} under the namespace "${organization}"`,
    );
  const url = `${hub.url}/${full}`;
  if (hub.find(kind, full)) return exchange.refuse(409, undefined, "You already created this model repo");
  hub.add({ kind, name: full, files: {}, private: rest.private ?? rest.visibility === "private" });
  exchange.sendJson({ url, name: full, id: full });
}

export async function servePreupload(exchange: Exchange): Promise<void> {
  const { files } = await exchange.json<{ files: { path: string }[] }>();
  exchange.sendJson({
    files: files.map(({ path }) => ({ path, uploadMode: isLarge(path) ? "lfs" : "regular", shouldIgnore: false })),
  });
}

/** Where large files go; those that are here already need not be sent. */
export async function serveBatch(exchange: Exchange, hub: HubServer): Promise<void> {
  const { objects } = await exchange.json<{ objects: { oid: string; size: number }[] }>();
  const upload = (oid: string) => ({ upload: { href: `${hub.storeUrl}/${oid}?signature=1` } });
  exchange.sendJson({
    transfer: "basic",
    objects: objects.map(({ oid, size }) => ({ oid, size, ...(!hub.store.has(oid) && { actions: upload(oid) }) })),
  });
}

export async function storeObject(exchange: Exchange, hub: HubServer): Promise<void> {
  const bytes = await exchange.body();
  const oid = exchange.path.slice(1);
  if (sha256Of(bytes) !== oid) return exchange.refuse(400, undefined, "The content is not what its name says");
  hub.store.set(oid, bytes);
  exchange.send(Buffer.alloc(0));
}

export async function serveCommit(
  exchange: Exchange,
  hub: HubServer,
  repository: Repository,
  revision: string,
): Promise<void> {
  const lines = (await exchange.body()).toString().trim().split("\n");
  const files: Record<string, Uint8Array> = {};
  for (const line of lines) {
    const { key, value } = JSON.parse(line) as { key: string; value: { path: string; content: string; oid: string } };
    if (key === "file") files[value.path] = Buffer.from(value.content, "base64");
    if (key !== "lfsFile") continue;
    const bytes = hub.store.get(value.oid);
    if (!bytes) return exchange.refuse(400, undefined, `${value.path} was not uploaded`);
    files[value.path] = bytes;
  }
  const commit = repository.commit(files, revision);
  exchange.sendJson({
    success: true,
    commitOid: commit,
    commitUrl: `${hub.url}/${repository.name}/commit/${commit}`,
    hookOutput: "",
  });
}
