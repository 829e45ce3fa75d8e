/** What each word does for an answer: how much less probable it is without the word (occlusion; Zeiler and Fergus 2014). */
import type { Prediction } from "../classifier/classifier.ts";
import type { Text } from "../tables/dataset.ts";
import type { WordWeight } from "./app-types.ts";

const words = new Intl.Segmenter(undefined, { granularity: "word" });

/** In a longer text, neighbouring words are left out together. */
const MOST_PARTS = 160;

/**
 * The text in pieces, each word with what it adds to the probability of `label`.
 *
 * @param predict answers for texts, in their order
 */
export async function occlusion(
  text: Text,
  label: string,
  predict: (texts: readonly Text[]) => Promise<readonly Prediction[]>,
): Promise<WordWeight[][]> {
  const sides = [text].flat().map(piecesOf);
  const parts = sides.flatMap((pieces, side) => groupsOf(pieces, sides).map((group) => ({ side, group })));
  const without = parts.map(({ side, group }) => {
    const changed = sides.map((pieces, i) =>
      pieces.map((piece, k) => (i === side && group.includes(k) ? "" : piece.text)).join(""),
    );
    return typeof text === "string" ? changed[0]! : ([changed[0]!, changed[1]!] as const);
  });
  const [whole, ...others] = (await predict([text, ...without])).map(({ probabilities }) => probabilities[label] ?? 0);
  const weights = sides.map((pieces) => pieces.map(() => 0));
  for (const [i, { side, group }] of parts.entries()) for (const k of group) weights[side]![k] = whole! - others[i]!;
  return sides.map((pieces, side) =>
    pieces.map(({ text: piece, isWord }, k) => ({ text: piece, weight: isWord ? weights[side]![k]! : null })),
  );
}

interface Piece {
  readonly text: string;
  readonly isWord: boolean;
}

const piecesOf = (text: string): Piece[] =>
  Array.from(words.segment(text), ({ segment, isWordLike }) => ({ text: segment, isWord: isWordLike === true }));

/** Places of the words that are left out together. */
function groupsOf(pieces: readonly Piece[], all: readonly (readonly Piece[])[]): number[][] {
  const total = all.flat().filter(({ isWord }) => isWord).length;
  const size = Math.max(1, Math.ceil(total / MOST_PARTS));
  const places = pieces.flatMap(({ isWord }, k) => (isWord ? [k] : []));
  return Array.from({ length: Math.ceil(places.length / size) }, (_, i) => places.slice(i * size, (i + 1) * size));
}
