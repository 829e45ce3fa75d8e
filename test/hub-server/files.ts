/** Files by `resolve`: small ones from the Hub itself, large ones by a redirect to another host. */
import type { Exchange } from "./exchange.ts";
import type { Repository, StoredFile } from "./repositories.ts";

/** `/org/name/resolve/revision/path`, and what the first redirect of a small file leads to. */
export function serveFile(
  exchange: Exchange,
  repository: Repository,
  commit: string,
  path: string,
  hosts: { readonly hub: string; readonly store: string },
): void {
  const file = repository.filesOf(commit).get(path);
  if (!file) exchange.refuse(404, "EntryNotFound", "Entry not found");
  else if (file.sha256) redirectToStore(exchange, repository, commit, file, hosts);
  else serveSmallFile(exchange, repository, commit, path, file);
}

function serveSmallFile(
  exchange: Exchange,
  repository: Repository,
  commit: string,
  path: string,
  file: StoredFile,
): void {
  const headers = { "x-repo-commit": commit };
  const place = `/api/resolve-cache/${repository.kind}s/${repository.name}/${commit}/${encodeURI(path)}`;
  const etag = `"${file.oid}"`;
  if (exchange.path.startsWith("/api/")) exchange.send(file.bytes, { ...headers, etag });
  else
    exchange.redirect(307, place, { ...headers, etag, "x-linked-etag": etag, "x-linked-size": `${file.bytes.length}` });
}

function redirectToStore(
  exchange: Exchange,
  { kind, name, xet }: Repository,
  commit: string,
  { sha256, bytes }: StoredFile,
  { hub, store }: { readonly hub: string; readonly store: string },
): void {
  const auth = `<${hub}/api/${kind}s/${name}/xet-read-token/${commit}>; rel="xet-auth"`;
  const reconstruction = `<${store}/v2/reconstructions/${sha256}>; rel="xet-reconstruction-info"`;
  exchange.redirect(302, `${store}/${sha256}?signature=1`, {
    "x-repo-commit": commit,
    "x-linked-size": String(bytes.length),
    "x-linked-etag": `"${sha256}"`,
    ...(xet && { "x-xet-hash": sha256!, link: `${auth}, ${reconstruction}` }),
  });
}
