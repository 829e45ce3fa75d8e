/** Sets of characters as text: how the generated tables of Unicode classes hold them. */

/** Pairs of distance and length, in base 36, as the inside of a regular expression's [ ]. */
export function rangesOf(packed: string): string {
  const numbers = packed.split(" ").map((digits) => Number.parseInt(digits, 36));
  let ranges = "";
  for (let i = 0, code = 0; i < numbers.length; i += 2) {
    const start = code + numbers[i]!;
    code = start + numbers[i + 1]!;
    ranges += `\\u{${start.toString(16)}}-\\u{${(code - 1).toString(16)}}`;
  }
  return ranges;
}

/** The property White_Space, which JavaScript's \s misses by two characters: it lacks U+0085 and has U+FEFF. */
export const SPACES = String.raw`\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;

/** A regular expression with each character as \x{…}, as Oniguruma, which Rust's tokenizers use, reads it, too. */
export function portablePattern(pattern: string): string {
  const named: Readonly<Record<string, string>> = { "\\t": "\\x{9}", "\\r": "\\x{d}" };
  return pattern
    .replace(/\\[tr]/g, (name) => named[name]!)
    .replace(/\\u\{?([0-9a-f]{4,6}|[0-9a-f]+)\}?|\\x([0-9a-f]{2})/g, (_, code, short) => `\\x{${code ?? short}}`);
}
