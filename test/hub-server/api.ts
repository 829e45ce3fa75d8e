/** The questions about repositories: what one is, which files it has. */
import type { Exchange } from "./exchange.ts";
import type { Repository } from "./repositories.ts";

/** Files of one page of a listing. */
const PAGE = 3;

export function serveInfo(exchange: Exchange, repository: Repository, commit: string): void {
  exchange.sendJson({
    _id: "0".repeat(24),
    id: repository.name,
    sha: commit,
    private: repository.isPrivate,
    gated: repository.gated ? "auto" : false,
    lastModified: "2025-01-01T00:00:00.000Z",
    createdAt: "2025-01-01T00:00:00.000Z",
    downloads: 0,
    likes: 0,
    tags: [],
    siblings: [...repository.filesOf(commit).keys()].map((rfilename) => ({ rfilename })),
  });
}

/** Page by page: `Link` says where the next one is. */
export function serveTree(exchange: Exchange, repository: Repository, commit: string, hub: string): void {
  const isRecursive = /^true$/i.test(exchange.url.searchParams.get("recursive") ?? "");
  const files = [...repository.filesOf(commit)].filter(([path]) => isRecursive || !path.includes("/"));
  const start = Number(exchange.url.searchParams.get("cursor") ?? 0);
  const entries = files.slice(start, start + PAGE).map(([path, { bytes, oid, sha256 }]) => ({
    type: "file",
    path,
    oid,
    size: bytes.length,
    ...(sha256 && { lfs: { oid: sha256, size: bytes.length, pointerSize: 130 } }),
    ...(sha256 && repository.xet && { xetHash: sha256 }),
  }));
  const next = new URL(exchange.url);
  next.searchParams.set("cursor", String(start + PAGE));
  const link = start + PAGE < files.length ? { link: `<${hub}${next.pathname}${next.search}>; rel="next"` } : {};
  exchange.sendJson(entries, link);
}

/** The same for some paths only. */
export async function servePaths(exchange: Exchange, repository: Repository, commit: string): Promise<void> {
  const { paths } = await exchange.json<{ paths: string[] }>();
  const files = repository.filesOf(commit);
  exchange.sendJson(
    paths.flatMap((path) => {
      const file = files.get(path);
      if (!file) return [];
      const lfs = file.sha256 && { oid: file.sha256, size: file.bytes.length, pointerSize: 130 };
      return [{ type: "file", path, oid: file.oid, size: file.bytes.length, ...(lfs && { lfs }) }];
    }),
  );
}
