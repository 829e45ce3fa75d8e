/** The built page, in memory: what is asked for is looked up by name and never becomes a path. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { AttuneError } from "../base/error.ts";
import { cssVariables } from "../document/palette.ts";

export interface PageFile {
  readonly type: string;
  readonly content: Uint8Array<ArrayBuffer>;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Where `npm run build` writes it, beside this file. */
const BUILT = fileURLToPath(new URL("./page/", import.meta.url));

/** Files by their address; the page itself is "/". */
export function readPage(folder = BUILT): ReadonlyMap<string, PageFile> {
  // Beside the sources stands what it is built from.
  if (!existsSync(join(folder, "assets")))
    throw new AttuneError("app/page", `${folder}: the page is not built; run npm run build`, "failure");
  const files = new Map<string, PageFile>([["/theme.css", { type: TYPES[".css"]!, content: bytes(theme()) }]]);
  for (const name of readdirSync(folder, { recursive: true }) as string[]) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const address = name === "index.html" ? "/" : `/${name.replaceAll("\\", "/")}`;
    files.set(address, { type, content: new Uint8Array(readFileSync(join(folder, name))) });
  }
  return files;
}

/** The colours of reports, which are tested for contrast. */
const theme = (): string =>
  `:root{${cssVariables("light")};color-scheme:light dark}\n@media (prefers-color-scheme:dark){:root{${cssVariables("dark")}}}\n`;

const bytes = (text: string) => new Uint8Array(new TextEncoder().encode(text));
