/** Screens of a terminal, as `tmux capture-pane -e` gives them, as one SVG that shows them one after the other. */

export interface Screen {
  /** Lines with ANSI colours. */
  readonly lines: readonly string[];
  /** How long it is shown. */
  readonly seconds: number;
}

const FONT_SIZE = 14;
const CHARACTER_WIDTH = 8.43;
const LINE_HEIGHT = 18;
const MARGIN = 14;
/** By SGR number, normal and bright. */
const COLOURS = ["#484f58", "#ff7b72", "#3fb950", "#d29922", "#58a6ff", "#bc8cff", "#39c5cf", "#b1bac4"];

interface Style {
  bold: boolean;
  dim: boolean;
  colour: string | undefined;
}

interface Part {
  readonly text: string;
  readonly style: Readonly<Style>;
}

/** The last screen is what a reader sees who wants no motion. */
export function terminalSvg(screens: readonly Screen[], columns: number): string {
  const rows = Math.max(...screens.map(({ lines }) => lines.length));
  const [width, height] = [columns * CHARACTER_WIDTH + 2 * MARGIN, rows * LINE_HEIGHT + 2 * MARGIN];
  const total = screens.reduce((sum, { seconds }) => sum + seconds, 0);
  let begin = 0;
  const rules = screens.map(({ seconds }, i) => {
    const [from, to] = [begin / total, (begin + seconds) / total].map((share) => `${(100 * share).toFixed(2)}%`);
    begin += seconds;
    const before = i > 0 ? "0%{visibility:hidden}" : "";
    const after = i < screens.length - 1 ? `${to}{visibility:hidden}` : "";
    return `@keyframes s${i}{${before}${from}{visibility:visible}${after}}#s${i}{animation:s${i} ${total}s step-end infinite}`;
  });
  const still = `@media(prefers-reduced-motion){g{animation:none!important}g:not(:last-of-type){visibility:hidden}}`;
  const style = `text{font:${FONT_SIZE}px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#e6edf3;white-space:pre}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.ceil(width)}" height="${height}" viewBox="0 0 ${Math.ceil(width)} ${height}">`,
    `<style>${style}${screens.length > 1 ? rules.join("") + still : ""}</style>`,
    '<rect width="100%" height="100%" rx="8" fill="#0d1117"/>',
    ...screens.map(({ lines }, i) => `<g id="s${i}">${linesOf(lines)}</g>`),
    "</svg>\n",
  ].join("\n");
}

/** A style holds over the ends of lines. */
function linesOf(lines: readonly string[]): string {
  const style: Style = { bold: false, dim: false, colour: undefined };
  return lines.map((line, row) => lineOf(partsOf(line.trimEnd(), style), row)).join("");
}

/** One line; its length is set, so that columns stand below each other in every font. */
function lineOf(parts: readonly Part[], row: number): string {
  const length = parts.reduce((sum, { text }) => sum + [...text].length, 0);
  if (length === 0) return "";
  const place = `x="${MARGIN}" y="${MARGIN + row * LINE_HEIGHT + FONT_SIZE}" textLength="${(length * CHARACTER_WIDTH).toFixed(1)}"`;
  const spans = parts.map(({ text, style: { bold, dim, colour } }) => {
    const marks = `${bold ? ' font-weight="bold"' : ""}${dim ? ' opacity=".6"' : ""}${colour ? ` style="fill:${colour}"` : ""}`;
    return marks === "" ? escaped(text) : `<tspan${marks}>${escaped(text)}</tspan>`;
  });
  return `<text ${place}>${spans.join("")}</text>`;
}

/** Changes `style` to what holds behind the line. */
function partsOf(line: string, style: Style): Part[] {
  // Text and numbers of SGR sequences in turn.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's colours begin with one
  return line.split(/\u001b\[([\d;]*)m/).flatMap((piece, i) => {
    if (i % 2 === 0) return piece === "" ? [] : [{ text: piece, style: { ...style } }];
    for (const code of piece.split(";").map(Number)) apply(style, code);
    return [];
  });
}

function apply(style: Style, code: number): void {
  if (code === 0) Object.assign(style, { bold: false, dim: false, colour: undefined });
  else if (code === 1) style.bold = true;
  else if (code === 2) style.dim = true;
  else if (code === 22) Object.assign(style, { bold: false, dim: false });
  else if (code === 39) style.colour = undefined;
  else if ((code >= 30 && code < 38) || (code >= 90 && code < 98)) style.colour = COLOURS[code % 10]!;
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
