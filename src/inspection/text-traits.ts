/** What can be seen in a text without understanding it: characters that are probably mistakes, and its language. */

/** Kinds of characters that are rarely meant. */
export const oddKinds = {
  /** Control characters but for tab and line ends. */
  control: /(?![\t\n\v\f\r])\p{Cc}/u,
  /** What a decoder writes for bytes that it could not read. */
  replacement: /\ufffd/,
  /** UTF-8 that was read as Windows-1252: "Ã©" for "é". */
  wronglyDecoded: /[ÂÃ][\u0080-\u00bf]|â€[\u0080-\u2122]|ðŸ/,
  /** Invisible characters. */
  invisible: /[\u200b\u200e\u200f\u202a-\u202e\u2060\ufeff]/,
  /** Markup of web pages. */
  html: /&(?:amp|lt|gt|quot|nbsp|#\d+);|<\/?(?:br|p|div|a|b|i|span)\b[^>]*>/i,
} as const;

export type OddKind = keyof typeof oddKinds;

export const oddKindsIn = (text: string): OddKind[] =>
  (Object.keys(oddKinds) as OddKind[]).filter((kind) => oddKinds[kind].test(text));

/** Scripts that tell the language, or at least say more than nothing. */
const SCRIPTS: readonly (readonly [string, RegExp])[] = [
  ["Japanese", /[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
  ["Korean", /\p{Script=Hangul}/gu],
  ["Chinese", /\p{Script=Han}/gu],
  ["Cyrillic script", /\p{Script=Cyrillic}/gu],
  ["Arabic script", /\p{Script=Arabic}/gu],
  ["Devanagari script", /\p{Script=Devanagari}/gu],
  ["Greek", /\p{Script=Greek}/gu],
  ["Hebrew", /\p{Script=Hebrew}/gu],
  ["Thai", /\p{Script=Thai}/gu],
];
const LATIN = /\p{Script=Latin}/gu;

/** Short words that are frequent in one language and rare in the others. */
const WORDS: Readonly<Record<string, ReadonlySet<string>>> = Object.fromEntries(
  Object.entries({
    English: "the and of to is was it that for with you this are not have but they at from my his her would what been",
    German: "der die das und ist nicht ich ein eine zu mit auf für von dem den auch wie wir sie aber sich wird",
    French: "le les des est et une pas je vous dans pour que qui sur avec il elle nous au du ce cette mais être",
    Spanish: "el los las es y una no por con para que del se su al lo como más pero está muy todo fue este",
    Italian: "il di che è e non una per con sono del la gli della anche ma questo più nel ho ha mi si come",
    Portuguese: "o os não uma é com para que do da em um mais foi mas muito ele ela você está por ao isso das",
    Dutch: "de het een van en is niet dat ik te zijn op met voor maar ook aan er was wat naar bij heb je",
  }).map(([language, words]) => [language, new Set(words.split(" "))]),
);
const LATIN_SCRIPT = "Latin script";

/** What most letters of a text are: a script, or the language that it is of alone; "none" without letters. */
export function scriptOf(text: string): string {
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
  const latin = count(LATIN);
  const other = SCRIPTS.map(([name, pattern]) => [name, count(pattern)] as const).find(
    ([, letters]) => letters > latin,
  );
  return other?.[0] ?? (latin === 0 ? "none" : LATIN_SCRIPT);
}

/** The language of a text, its script where that is all that can be said, or "none" without letters. */
export function languageOf(text: string): string {
  const script = scriptOf(text);
  if (script !== LATIN_SCRIPT) return script;
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  const hits = Object.entries(WORDS).map(
    ([name, known]) => [name, words.filter((word) => known.has(word)).length] as const,
  );
  const [best, second] = hits.toSorted((a, b) => b[1] - a[1]) as [readonly [string, number], readonly [string, number]];
  return best[1] > second[1] && best[1] > 1 ? best[0] : LATIN_SCRIPT;
}
