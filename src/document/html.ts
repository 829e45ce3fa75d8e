/** A document as one HTML file that needs nothing else: no network, no fonts; only lists of many rows need its script. */
import { createHash } from "node:crypto";
import { escapeHtml, wellFormed } from "../base/escape.ts";
import type {
  Block,
  Cell,
  Chart,
  Column,
  Document,
  LegendEntry,
  Mark,
  RowList,
  Section,
  Table,
  Text,
} from "./document.ts";
import { piecesOf } from "./document.ts";
import { pageScript } from "./page-script.generated.ts";
import { pageStyle } from "./page-style.ts";

export function htmlOf({ title, subtitle, sections }: Document): string {
  const hash = createHash("sha256").update(pageScript).digest("base64");
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; img-src data:`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escapeHtml(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<header>
<h1>${escapeHtml(title)}</h1>
<p class="subtitle">${textHtml(subtitle)}</p>
</header>
<nav aria-label="Contents"><ol>
${sections.map(({ id, title: name }) => `<li><a href="#${id}">${escapeHtml(name)}</a></li>`).join("\n")}
</ol></nav>
<main>
${sections.map(sectionHtml).join("\n")}
</main>
<script>${pageScript}</script>
</body>
</html>
`;
}

const sectionHtml = ({ id, title, blocks }: Section): string =>
  `<section id="${id}"><h2>${escapeHtml(title)}</h2>\n${blocks.map(blockHtml).join("\n")}\n</section>`;

const textHtml = (text: Text): string =>
  piecesOf(text)
    .map((piece) => (typeof piece === "string" ? escapeHtml(unbroken(piece)) : markHtml(piece)))
    .join("");

/** A figure stays on one line with its unit and with what it is a figure of. */
const unbroken = (text: string): string =>
  text
    .replace(/(\d) (?=(?:%|s|min|h|[kMGT]?B|[kMGT])(?![\p{L}\d]))/gu, "$1\u00a0")
    .replace(/\bp ([=<]) (?=\d)/g, "p\u00a0$1\u00a0");

function markHtml(mark: Mark): string {
  const text = escapeHtml(mark.text);
  switch (mark.mark) {
    case "strong":
      return `<strong>${text}</strong>`;
    case "code":
      return `<code>${text}</code>`;
    case "quoted":
      return `<bdi>${text}</bdi>`;
    case "link":
      return `<a href="${escapeHtml(mark.href)}">${text}</a>`;
  }
}

function blockHtml(block: Block): string {
  switch (block.block) {
    case "paragraph":
      return `<p${block.quiet ? ' class="quiet"' : ""}>${textHtml(block.text)}</p>`;
    case "heading":
      return `<h3>${escapeHtml(block.text)}</h3>`;
    case "list":
      return `<ul>${block.items.map((item) => `<li>${textHtml(item)}</li>`).join("")}</ul>`;
    case "facts":
      return `<dl${block.large ? ' class="answer"' : ""}>${block.items
        .map(
          ([term, said, beneath]) =>
            `<div><dt>${escapeHtml(term)}</dt><dd>${textHtml(said)}${beneath ? `<p>${textHtml(beneath)}</p>` : ""}</dd></div>`,
        )
        .join("")}</dl>`;
    case "command":
      return `<pre><code>${escapeHtml(block.text)}</code></pre>`;
    case "charts":
      return `<div class="plots">${legendHtml(block.legend)}<div class="charts" style="--width:${Math.max(...block.charts.map(({ width }) => width))}px">${block.charts.map(chartHtml).join("\n")}</div></div>`;
    case "more":
      return `<details><summary>${escapeHtml(block.summary)}</summary>\n${block.blocks.map(blockHtml).join("\n")}\n</details>`;
    case "rows":
      return rowsHtml(block);
    case "table":
      return tableHtml(block);
  }
}

/** Its rows as data, which the page's script draws as far as they are seen. */
function rowsHtml({ id, noun, columns, details, sorted }: RowList): string {
  const said = <T extends { readonly names?: readonly string[] }>(column: T): T =>
    column.names ? { ...column, names: column.names.map(wellFormed) } : column;
  const data = {
    noun,
    columns: columns.map(said),
    details: details.map((detail) => ({ ...detail, columns: detail.columns.map(said) })),
    ...(sorted && { sorted }),
  };
  // Without "<", nothing in it can end the element.
  const json = JSON.stringify(data).replaceAll("<", "\\u003c");
  const name = escapeHtml(id);
  return (
    `<script type="application/json" id="${name}-data">${json}</script>` +
    `<div class="rows-place" id="${name}" data-rows="${name}-data"><p class="quiet">This list needs scripts, which are switched off here.</p></div>`
  );
}

function legendHtml(entries: readonly LegendEntry[]): string {
  if (entries.length === 0) return "";
  const items = entries.map(({ text, colour, dash, width = 2 }) => {
    const mark = dash
      ? `<svg width="26" height="10" aria-hidden="true"><path d="M1 5H25" stroke="var(--${colour})" stroke-width="${width}"${dash.length > 0 ? ` stroke-dasharray="${dash.join(" ")}"` : ""}/></svg>`
      : dot(colour);
    return `<li>${mark}${escapeHtml(text)}</li>`;
  });
  return `<ul class="legend">${items.join("")}</ul>`;
}

const chartHtml = ({ title, themed, zoomable }: Chart): string =>
  `<figure${zoomable ? " data-zoomable" : ""}><figcaption>${escapeHtml(title)}</figcaption>${themed}</figure>`;

const dot = (colour: string): string => `<i class="dot" style="background:var(--${colour})"></i>`;

function tableHtml({ caption, columns, groups, sortable }: Table): string {
  const rows = groups.map(({ title, rows: cells }) => {
    const head =
      title === undefined
        ? ""
        : `<tr class="group"><th colspan="${columns.length}" scope="rowgroup"><span>${escapeHtml(title)}</span></th></tr>`;
    return `<tbody>${head}${cells.map((row) => `<tr>${row.map((cell, i) => cellHtml(cell, columns[i]!, i === 0)).join("")}</tr>`).join("\n")}</tbody>`;
  });
  const head = columns.map(
    ({ title, note, figures, bars, wide }) =>
      `<th scope="col"${classes({ figures, bars, wide })}>${textHtml(title)}${note ? `<small>${escapeHtml(note)}</small>` : ""}</th>`,
  );
  return (
    `<div class="scroll" tabindex="0"><table${columns.some(({ wide }) => wide) ? ' class="prose"' : ""}${sortable ? " data-sortable" : ""}>` +
    `${caption ? `<caption>${textHtml(caption)}</caption>` : ""}<thead><tr>${head.join("")}</tr></thead>${rows.join("")}</table></div>`
  );
}

function cellHtml(given: Cell | Text, { figures, bars, wide }: Column, isFirst: boolean): string {
  const cell: Cell = typeof given === "object" && "text" in given ? given : { text: given };
  const { text, below, best, shade, bar, colour } = cell;
  const tag = isFirst ? "th" : "td";
  const scope = isFirst ? ' scope="row"' : "";
  const tint = shade === undefined ? "" : ` style="--shade:${Math.round(100 * shade)}%"`;
  return (
    `<${tag}${scope}${classes({ figures, bars, wide, best, shade: shade !== undefined })}${tint}>` +
    `${colour ? dot(colour) : ""}${bar === undefined ? "" : barHtml(bar)}${textHtml(text)}${best ? '<span class="unseen"> (best)</span>' : ""}${below ? `<small>${escapeHtml(below)}</small>` : ""}</${tag}>`
  );
}

const barHtml = (bar: number): string => `<i class="bar" style="--bar:${bar.toFixed(4)}"></i>`;

function classes(all: Readonly<Record<string, boolean | undefined>>): string {
  const names = Object.keys(all).filter((name) => all[name]);
  return names.length > 0 ? ` class="${names.join(" ")}"` : "";
}
