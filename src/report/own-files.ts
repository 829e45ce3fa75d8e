/** Which files an earlier report wrote: those are replaced, and a report never takes the place of anything else. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { AttuneError } from "../base/error.ts";
import { escapeHtml } from "../base/escape.ts";

const MARK = "<!-- Attune -->";

/** A picture that says who made it. */
export const signed = (svg: string): string => svg.replace(/<\/svg>\s*$/, `${MARK}</svg>\n`);

/** The files of a report, by how one knows that they are. */
export type OwnFiles = Readonly<Record<string, (content: string) => boolean>>;

/** The page and the Markdown of a report that may have these titles. */
export const ownPages = (name: string, titles: readonly string[]): OwnFiles => ({
  [`${name}.html`]: (html) => titles.some((title) => html.includes(`<title>${escapeHtml(title)}</title>`)),
  [`${name}.md`]: (markdown) => titles.some((title) => markdown.startsWith(`# ${title}\n`)),
});

/** A CSV whose first columns are these: they have not changed. */
export const startsWith =
  (columns: string) =>
  (csv: string): boolean =>
    csv.startsWith(`${columns},`);

/**
 * Makes sure that a report can be written into a folder without loss.
 *
 * @throws AttuneError that names what is there and is not of a report
 */
export function requireOwn(folder: string, pictures: string, files: OwnFiles): void {
  for (const [name, isOwn] of Object.entries(files)) {
    const file = join(folder, name);
    if (existsSync(file) && !(statSync(file).isFile() && isOwn(readFileSync(file, "utf8")))) throw foreign(file);
  }
  const place = join(folder, pictures);
  if (!existsSync(place)) return;
  if (!statSync(place).isDirectory()) throw foreign(place);
  for (const name of readdirSync(place)) {
    const file = join(place, name);
    if (!(statSync(file).isFile() && name.endsWith(".svg") && readFileSync(file, "utf8").includes(MARK)))
      throw foreign(file);
  }
}

const foreign = (file: string): AttuneError =>
  new AttuneError(
    "report/foreign",
    `${file}: no report of Attune wrote this, and a report here would replace it; move it away, or choose another --out`,
  );
