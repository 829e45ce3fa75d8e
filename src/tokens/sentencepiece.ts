/** Reads a SentencePiece model (spm.model, sentencepiece.bpe.model, spiece.model): a protobuf file of pieces. */
import { readFileSync, statSync } from "node:fs";
import protobuf from "protobufjs/light.js";
import { AttuneError } from "../base/error.ts";

/** What a piece is: `normal` pieces are found in texts, `user` ones before all others, `control` and `unknown` ones never. */
export type PieceType = "normal" | "unknown" | "control" | "user" | "unused" | "byte";

export interface Piece {
  readonly piece: string;
  /** Log probability; of a BPE model minus the rank of its merge. */
  readonly score: number;
  readonly type: PieceType;
}

export interface SentencePieceModel {
  readonly kind: "unigram" | "bpe";
  readonly pieces: readonly Piece[];
  /** Place of the unknown piece. */
  readonly unknownId: number;
  /** The character map in base64, as a `Precompiled` normalizer holds it; empty where texts stay as they are. */
  readonly charsmap: string;
}

const TYPES: readonly PieceType[] = ["normal", "unknown", "control", "user", "unused", "byte"];
const KINDS = ["unigram", "bpe", "word", "char"] as const;
/** The largest vocabularies of a million pieces take some 30 MB. */
const MOST_BYTES = 128 * 1024 * 1024;
/** SentencePiece itself makes none of more than 16 characters unless it is told to. */
const LONGEST_PIECE = 1024;

/** Of sentencepiece_model.proto, the fields that are read. */
const descriptor = {
  nested: {
    ModelProto: {
      fields: {
        pieces: { rule: "repeated", type: "Piece", id: 1 },
        trainerSpec: { type: "TrainerSpec", id: 2 },
        normalizerSpec: { type: "NormalizerSpec", id: 3 },
      },
    },
    Piece: {
      fields: {
        piece: { type: "string", id: 1 },
        score: { type: "float", id: 2 },
        type: { type: "int32", id: 3, options: { default: 1 } },
      },
    },
    TrainerSpec: {
      fields: {
        modelType: { type: "int32", id: 3, options: { default: 1 } },
        treatWhitespaceAsSuffix: { type: "bool", id: 24 },
        unkId: { type: "int32", id: 40 },
      },
    },
    NormalizerSpec: { fields: { precompiledCharsmap: { type: "bytes", id: 2 } } },
  },
};
const ModelProto = protobuf.Root.fromJSON(descriptor).lookupType("ModelProto");

interface Decoded {
  readonly pieces: readonly { readonly piece: string; readonly score: number; readonly type: number }[];
  readonly trainerSpec: {
    readonly modelType: number;
    readonly treatWhitespaceAsSuffix: boolean;
    readonly unkId: number;
  } | null;
  readonly normalizerSpec: { readonly precompiledCharsmap: Uint8Array } | null;
}

/**
 * The model in a file.
 *
 * @throws AttuneError that names the file, for one that is damaged or of a kind that no encoder here has
 */
export function readSentencePiece(file: string): SentencePieceModel {
  const refuse = (what: string, cause?: unknown) =>
    new AttuneError("tokenizer/sentencepiece", `${file}: ${what}`, "input", { cause });
  const found = statSync(file);
  if (!found.isFile()) throw refuse("this is not a regular file; get the folder again");
  if (found.size > MOST_BYTES)
    throw refuse(`it has ${found.size} bytes, and no SentencePiece model is as large; get the folder again`);
  let model: Decoded;
  try {
    model = ModelProto.decode(readFileSync(file)) as unknown as Decoded;
  } catch (cause) {
    throw refuse(`this is not a SentencePiece model (${(cause as Error).message}); get the folder again`, cause);
  }
  const { pieces, trainerSpec, normalizerSpec } = model;
  if (pieces.length === 0) throw refuse("this is not a SentencePiece model: it has no pieces; get the folder again");
  const kind = KINDS[(trainerSpec?.modelType ?? 1) - 1];
  if (kind !== "unigram" && kind !== "bpe")
    throw refuse(
      `its pieces are of the kind ${kind ?? trainerSpec!.modelType}, and only unigram and bpe can be read; take another model`,
    );
  if (trainerSpec?.treatWhitespaceAsSuffix)
    throw refuse("it marks the ends of words instead of their beginnings, which cannot be read; take another model");
  const long = pieces.findIndex(({ piece }) => piece.length > LONGEST_PIECE);
  if (long >= 0)
    throw refuse(
      `its piece ${long} has ${pieces[long]!.piece.length} characters, and no piece is as long; get the folder again`,
    );
  const wrong = pieces.findIndex(
    ({ piece, score, type }) => piece === "" || !Number.isFinite(score) || !TYPES[type - 1],
  );
  if (wrong >= 0)
    throw refuse(
      `its piece ${wrong} ${JSON.stringify(pieces[wrong]!.piece)} has no text, score or type of its own; get the folder again`,
    );
  const unknownId = trainerSpec?.unkId ?? 0;
  if (pieces[unknownId] === undefined)
    throw refuse(`its unknown piece is number ${unknownId} of ${pieces.length}; get the folder again`);
  return {
    kind,
    pieces: pieces.map(({ piece, score, type }) => ({ piece, score, type: TYPES[type - 1]! })),
    unknownId,
    charsmap: Buffer.from(normalizerSpec?.precompiledCharsmap ?? []).toString("base64"),
  };
}
