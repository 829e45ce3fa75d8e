/** Text where there is little room, on a terminal or beside an axis: cut, wrapped, and no wider than it may be. */

/** Without what would move the cursor of a terminal. */
export const printable = (text: string): string => text.replace(/\p{Cc}/gu, " ");

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** What terminals draw in two columns: East Asian characters and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

const charactersOf = (text: string): { readonly text: string; readonly width: number }[] =>
  Array.from(graphemes.segment(text), ({ segment }) => ({ text: segment, width: WIDE.test(segment) ? 2 : 1 }));

/** Columns that a text takes. */
export const widthOf = (text: string): number => charactersOf(text).reduce((sum, { width }) => sum + width, 0);

/** No wider than so many columns, the last an ellipsis where something was cut. */
export function cutTo(width: number, text: string): string {
  if (widthOf(text) <= width) return text;
  let kept = "";
  let used = 1;
  for (const character of charactersOf(text)) {
    used += character.width;
    if (used > width) break;
    kept += character.text;
  }
  return width < 1 ? "" : `${kept.trimEnd()}…`;
}

/** The same, cut in its middle: the ends of names tell them apart. */
export function cutMiddle(width: number, text: string): string {
  if (widthOf(text) <= width) return text;
  const start = cutTo(Math.ceil((width + 1) / 2), text);
  let end = "";
  for (const character of charactersOf(text).toReversed()) {
    if (widthOf(start) + widthOf(end) + character.width > width) break;
    end = character.text + end;
  }
  return start + end.trimStart();
}

/** Filled with spaces on the right. */
export const padTo = (width: number, text: string): string => text + " ".repeat(Math.max(0, width - widthOf(text)));

/** Lines that break between words; a word that is too wide by itself is left whole. */
export function wrappedTo(width: number, text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** "a, b and 3 more", as many names as there is room for, at least one. */
export function namesWithin(width: number, names: readonly string[]): string {
  for (let count = names.length; count > 1; count--) {
    const rest = names.length - count;
    const said = `${names.slice(0, count).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
    if (widthOf(said) <= width) return said;
  }
  return `${names[0] ?? ""}${names.length > 1 ? ` and ${names.length - 1} more` : ""}`;
}
