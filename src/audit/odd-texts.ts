/** Texts that are odd to look at: of another script than the rest, markup, wrongly decoded, empty. Rules, and no guesses. */
import { oddKinds, scriptOf } from "../inspection/text-traits.ts";
import type { Examples } from "../tables/dataset.ts";
import type { IssueKind } from "./audit-result.ts";

export interface OddText {
  readonly text: number;
  readonly kind: Extract<IssueKind, "language" | "markup" | "empty">;
  readonly score: number;
  /** What was seen, as a sentence. */
  readonly why: string;
}

/** What so many texts have is how these data are, and is said once. */
const USUAL_SHARE = 0.1;
const NO_LETTERS = "none";

const ADDRESS = /\b(?:https?:\/\/|www\.)\S+/gi;
const MARKUP = new RegExp(oddKinds.html.source, "gi");

/** Rules for markup, the first that holds counts; `found` gives the share of the text that is it, or 0. */
const markupRules: readonly { readonly name: string; readonly found: (text: string) => number }[] = [
  {
    name: "It is an address and nothing else",
    found: (text) => (hasWords(text.replace(ADDRESS, "")) ? 0 : shareOf(text, ADDRESS)),
  },
  { name: "It has markup of web pages", found: (text) => shareOf(text, MARKUP) },
  { name: "It was read with a wrong encoding", found: (text) => shareOf(text, globally(oddKinds.wronglyDecoded)) },
  { name: "It has characters that could not be read", found: (text) => shareOf(text, globally(oddKinds.replacement)) },
  { name: "It has control characters", found: (text) => shareOf(text, globally(oddKinds.control)) },
];

const globally = ({ source, flags }: RegExp): RegExp => new RegExp(source, `${flags}g`);
const hasWords = (text: string): boolean => /[\p{L}\p{N}]/u.test(text);

/** The share of a text's characters that a pattern matches. */
function shareOf(text: string, pattern: RegExp): number {
  let length = 0;
  for (const [match] of text.matchAll(pattern)) length += match.length;
  return length / Math.max(1, text.length);
}

/** The surest first within each kind, and what is so frequent that it is usual. */
export function findOdd(examples: Examples): { readonly odd: readonly OddText[]; readonly notes: readonly string[] } {
  const texts = Array.from({ length: examples.length }, (_, i) => [examples.text(i)].flat().join(" "));
  const notes: string[] = [];
  const odd: OddText[] = [];
  const isUsual = (count: number) => count > USUAL_SHARE * texts.length;
  const scripts = texts.map(scriptOf);
  const counts = new Map<string, number>();
  for (const script of scripts) counts.set(script, (counts.get(script) ?? 0) + 1);
  const isUsualScript = (script: string) =>
    // Short Japanese texts may be Chinese characters alone.
    isUsual(counts.get(script)!) || (script === "Chinese" && isUsual(counts.get("Japanese") ?? 0));
  for (const [text, script] of scripts.entries())
    if (script !== NO_LETTERS && !isUsualScript(script))
      odd.push({
        text,
        kind: "language",
        score: 1,
        why: `Its letters are mostly ${script}; those of most texts are not.`,
      });
  const seen = new Set<number>();
  for (const { name, found } of markupRules) {
    const own = texts.flatMap((content, text) => {
      const share = seen.has(text) ? 0 : found(content);
      return share > 0 ? [{ text, kind: "markup" as const, score: share, why: `${name}.` }] : [];
    });
    for (const { text } of own) seen.add(text);
    if (isUsual(own.length)) notes.push(`${name}: so ${own.length} of ${texts.length} texts, too many to list.`);
    else odd.push(...own);
  }
  for (const [text, content] of texts.entries())
    if (!/\S/.test(content)) odd.push({ text, kind: "empty", score: 1, why: "There is nothing in it." });
  return { odd: odd.sort((a, b) => b.score - a.score || a.text - b.text), notes };
}
