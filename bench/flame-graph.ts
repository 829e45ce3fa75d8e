/** A flame graph as SVG: each box is as wide as its share of the whole; boxes stand on those that contain them. */

/** "step;program;forward;layer 0;query;Gemm" → how much. */
export type Stacks = ReadonlyMap<string, number>;

interface Box {
  value: number;
  readonly children: Map<string, Box>;
}

const WIDTH = 1200;
const ROW = 18;
const CHARACTER = 6.4;
/** Narrower ones cannot be seen. */
const NARROWEST = 0.3;

export function flameGraph(stacks: Stacks, title: string, write: (value: number) => string): string {
  const root: Box = { value: 0, children: new Map() };
  let depth = 0;
  for (const [stack, value] of stacks) {
    const path = stack.split(";");
    depth = Math.max(depth, path.length);
    root.value += value;
    let box = root;
    for (const name of path) {
      if (!box.children.has(name)) box.children.set(name, { value: 0, children: new Map() });
      box = box.children.get(name)!;
      box.value += value;
    }
  }
  const height = (depth + 2) * ROW + 8;
  const parts: string[] = [];
  const draw = (children: ReadonlyMap<string, Box>, left: number, row: number, path: string): void => {
    let x = left;
    for (const [name, box] of children) {
      const width = (box.value / root.value) * WIDTH;
      if (width >= NARROWEST) {
        const y = height - (row + 1) * ROW - 4;
        const own = path ? `${path} › ${name}` : name;
        const tip = `${own}: ${write(box.value)}, ${((100 * box.value) / root.value).toFixed(1)} %`;
        const letters = Math.floor((width - 6) / CHARACTER);
        const label = name.length <= letters ? name : letters > 3 ? `${name.slice(0, letters - 1)}…` : "";
        parts.push(
          `<g><title>${escaped(tip)}</title><rect x="${x.toFixed(1)}" y="${y}" width="${Math.max(width - 0.5, 0.2).toFixed(1)}" height="${ROW - 1}" fill="${colour(name)}"/>`,
          label ? `<text x="${(x + 3).toFixed(1)}" y="${y + 13}">${escaped(label)}</text></g>` : "</g>",
        );
        draw(box.children, x, row + 1, own);
      }
      x += width;
    }
  };
  draw(root.children, 0, 0, "");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="ui-monospace, monospace" font-size="11">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/><text x="4" y="14" font-size="12">${escaped(title)}</text>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

/** One stack a line, as other flame-graph programs read them, in whole microseconds. */
export const collapsedStacks = (stacks: Stacks): string =>
  [...stacks].map(([stack, seconds]) => `${stack} ${Math.round(seconds * 1e6)}\n`).join("");

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Equal names have equal colours. */
function colour(name: string): string {
  let hash = 0;
  for (const character of name.replace(/\d+/g, "")) hash = (hash * 31 + character.codePointAt(0)!) >>> 0;
  return `hsl(${hash % 360} 55% 78%)`;
}
