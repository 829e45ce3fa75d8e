/** A tokenizer.json out of a SentencePiece model, in the layout that each family of Transformers gives its pieces. */
import type { Piece, SentencePieceModel } from "./sentencepiece.ts";
import type { SpecialTokens } from "./special-tokens.ts";
import type { VocabularyOptions, VocabularyParts } from "./vocabulary-definition.ts";

type Scored = readonly [piece: string, score: number];

/** Which pieces have which ids, and which id the unknown piece has. */
interface Layout {
  readonly vocab: readonly Scored[];
  readonly unknownId: number;
}

const scored = (pieces: readonly Piece[]): Scored[] => pieces.map(({ piece, score }) => [piece, score]);
const free = (...tokens: readonly string[]): Scored[] => tokens.map((token) => [token, 0]);

/** fairseq's special tokens stand before SentencePiece's own three, or four in CamemBERT, which are left unused. */
const layouts: Readonly<Record<string, (model: SentencePieceModel, tokens: SpecialTokens) => Layout>> = {
  XLMRobertaTokenizer: ({ pieces }, { cls, pad, sep, unk, mask }) => ({
    vocab: [...free(cls, pad, sep, unk), ...scored(pieces.slice(3)), ...free(mask)],
    unknownId: 3,
  }),
  CamembertTokenizer: ({ pieces }, { pad, unk, mask }) => ({
    vocab: [
      ...free("<s>NOTUSED", pad, "</s>NOTUSED", unk),
      ["<unk>NOTUSED", -100],
      ...scored(pieces.slice(1)),
      ...free(mask),
    ],
    unknownId: 3,
  }),
  // Its slow tokenizer takes "9," apart into "9" and ",", so such pieces are made too dear to be used.
  AlbertTokenizer: ({ pieces, unknownId }) => ({
    vocab: pieces.map(({ piece, score }) => [piece, /\p{Nd},$/u.test(piece) ? score - 100 : score]),
    unknownId,
  }),
  DebertaV2Tokenizer: ({ pieces, unknownId }) => ({ vocab: scored(pieces), unknownId }),
};

const replace = (pattern: object, content: string) => ({ type: "Replace", pattern, content });
const sequence = (normalizers: readonly object[]) =>
  normalizers.length > 0 ? { type: "Sequence", normalizers } : null;
const metaspace = { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true };
const bySpaces = { type: "Sequence", pretokenizers: [{ type: "WhitespaceSplit" }, metaspace] };

/** How texts are prepared, as at the time when the family's models were trained. */
export function sentencePieceSteps(className: string, charsmap: string, options: VocabularyOptions) {
  const map = charsmap === "" ? [] : [{ type: "Precompiled", precompiled_charsmap: charsmap }];
  const { do_lower_case: lowers, keep_accents: keepsAccents = false, split_by_punct: splits = false } = options;
  if (className === "DebertaV2Tokenizer") {
    const strip = { type: "Strip", strip_left: true, strip_right: true };
    const spaces = replace({ Regex: " {2,}" }, " ");
    return {
      normalizer: sequence([...(lowers ? [{ type: "Lowercase" }] : []), strip, ...map, spaces]),
      pre_tokenizer: {
        type: "Sequence",
        pretokenizers: [...(splits ? [{ type: "Punctuation", behavior: "Isolated" }] : []), metaspace],
      },
    };
  }
  if (className !== "AlbertTokenizer") return { normalizer: map[0] ?? null, pre_tokenizer: bySpaces };
  const quotes = [replace({ String: "``" }, '"'), replace({ String: "''" }, '"')];
  const accents = keepsAccents ? [] : [{ type: "NFKD" }, { type: "StripAccents" }];
  const lower = (lowers ?? true) ? [{ type: "Lowercase" }] : [];
  return { normalizer: sequence([...quotes, ...accents, ...lower, ...map]), pre_tokenizer: bySpaces };
}

/** The parts of a tokenizer.json. */
export function sentencePieceParts(
  model: SentencePieceModel,
  className: string,
  options: VocabularyOptions,
  tokens: SpecialTokens,
): VocabularyParts {
  const { vocab, unknownId } = layouts[className]!(model, tokens);
  const vocabulary = new Map(vocab.map(([piece], id) => [piece, id]));
  return {
    ...sentencePieceSteps(className, model.charsmap, options),
    decoder: metaspace,
    model:
      model.kind === "unigram"
        ? { type: "Unigram", unk_id: unknownId, vocab, byte_fallback: false }
        : {
            type: "BPE",
            dropout: null,
            unk_token: vocab[unknownId]![0],
            continuing_subword_prefix: null,
            end_of_word_suffix: null,
            fuse_unk: true,
            byte_fallback: false,
            vocab: Object.fromEntries(vocabulary),
            merges: mergesOf(model.pieces, vocabulary),
          },
    vocabulary,
    // Among unigram pieces the user's own win by their score, also within a word.
    found: model.pieces
      .filter(({ type }) => type === "control" || (type === "user" && model.kind === "bpe"))
      .filter(({ piece }) => vocabulary.has(piece))
      .map(({ type, piece }) => ({ content: piece, special: type === "control" })),
  };
}

/** Which two pieces become one, the best first: a BPE model only says which piece comes of them. */
function mergesOf(pieces: readonly Piece[], ids: ReadonlyMap<string, number>): [string, string][] {
  const normal = pieces.filter(({ type }) => type === "normal");
  const known = new Set(normal.map(({ piece }) => piece));
  const merges = normal.flatMap(({ piece, score }) => {
    const characters = [...piece];
    return characters
      .slice(1)
      .map((_, i) => [characters.slice(0, i + 1).join(""), characters.slice(i + 1).join("")] as const)
      .filter(([left, right]) => known.has(left) && known.has(right))
      .map(([left, right]) => ({ left, right, score, sizes: [[...left].length, [...right].length] as const }))
      .sort((a, b) => ids.get(a.left)! - ids.get(b.left)! || ids.get(a.right)! - ids.get(b.right)!);
  });
  return merges
    .sort((a, b) => b.score - a.score || b.sizes[0] - a.sizes[0] || b.sizes[1] - a.sizes[1])
    .map(({ left, right }) => [left, right]);
}
