/** Everything pre-training needs before its first step: text, vocabulary, weights, compiled programs. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Cleanups, closingOnFailure } from "../base/cleanups.ts";
import { AttuneError } from "../base/error.ts";
import { permutation, randomKey } from "../base/random.ts";
import type { Engine } from "../engine/engine.ts";
import { float32, type HostTensors } from "../engine/engine-tensors.ts";
import type { ParameterStore } from "../engine/parameter-store.ts";
import { simplify } from "../graph/simplify.ts";
import type { Encoder, Parameter } from "../models/encoder.ts";
import { parameterCount } from "../models/encoder.ts";
import type { LanguageModel } from "../models/language-model.ts";
import { longestText, requireVocabulary } from "../models/model-limits.ts";
import { plainScope } from "../models/scope.ts";
import { newLanguageModel, openLanguageModel } from "../pretrained/open-language-model.ts";
import { drawWeights } from "../pretrained/open-model.ts";
import { ownMaxLength } from "../pretrained/own-max-length.ts";
import { loadTokenizer, type Tokenizer } from "../tokens/tokenizer.ts";
import { plainObjective } from "../train/classification-objective.ts";
import { Optimizer } from "../train/optimizer.ts";
import { LOSS, trainingProgram } from "../train/program.ts";
import { BatchRunner } from "../train/step.ts";
import { type Corpus, readCorpus } from "./corpus.ts";
import { HeldOut } from "./held-out.ts";
import { type MaskedBatch, packMasked } from "./masked-batch.ts";
import { losses, objective, projectionOf, TEACHER, TEXT_WEIGHT, type Teaching } from "./masked-objective.ts";
import { maskText } from "./masking.ts";
import { newConfig } from "./new-config.ts";
import { writeNewTokenizer } from "./new-tokenizer.ts";
import { blocksOf, type Passage, passagesOf } from "./passages.ts";
import type { HeldOutMetrics } from "./pretrain-events.ts";
import type { PretrainSources } from "./pretrain-inputs.ts";
import type { ResolvedPretrainOptions } from "./pretrain-options.ts";
import { maskingRules } from "./special-ids.ts";
import { type Embeddings, embed } from "./teacher.ts";

/** Tokens of a block, where the model has as many positions. */
const LENGTH = 128;

export interface PreparedPretraining {
  readonly model: LanguageModel;
  readonly config: Readonly<Record<string, unknown>>;
  readonly tokenizer: Tokenizer;
  /** Tokens of the longest text that the model is for; passages may be shorter. */
  readonly longest: number;
  readonly memory: ParameterStore;
  readonly optimizer: Optimizer;
  readonly passages: { readonly train: readonly Passage[]; readonly heldOut: readonly Passage[] };
  /** SHA-256 over the text: equal hashes mean equal training data. */
  readonly dataSha256: string;
  readonly parameters: number;
  readonly notes: readonly string[];
  /**
   * Loss of some training passages, whose gradients the optimizer then has; what is masked depends on `draws`, one for
   * each passage.
   */
  takeBatch(indices: readonly number[], draws: readonly number[], step: number): Promise<BatchResult>;
  measure(): Promise<Omit<HeldOutMetrics, "step">>;
  dispose(): Promise<void>;
}

export interface BatchResult {
  readonly loss: number;
  readonly tokens: number;
}

export interface PrepareContext {
  readonly signal?: AbortSignal | undefined;
  readonly sources: PretrainSources;
  /** Where the vocabulary of a new model is, or is written. */
  readonly tokenizerFolder: string;
  /** Whether that vocabulary was learnt before. */
  readonly resumes: boolean;
}

/** What a run that is refused has opened is closed. */
export const preparePretraining = (
  options: ResolvedPretrainOptions,
  engine: Engine,
  context: PrepareContext,
): Promise<PreparedPretraining> => closingOnFailure((open) => prepare(options, engine, context, open));

async function prepare(
  options: ResolvedPretrainOptions,
  engine: Engine,
  { signal, sources, tokenizerFolder, resumes }: PrepareContext,
  open: Cleanups,
): Promise<PreparedPretraining> {
  const { from, teacher, data } = sources;
  const { text: column, configName } = options;
  const corpus = await readCorpus({ path: data.path, name: options.data, column, configName });
  if (options.new && !resumes) writeNewTokenizer(tokenizerFolder, corpus.documents.flat(), options.vocab);
  const folder = from?.path ?? tokenizerFolder;
  const tokenizer = loadTokenizer(folder);
  const opened = from ? await openLanguageModel(from.path) : newLanguageModel(newConfig(options, tokenizer));
  const { model, config } = opened;
  const language = model.encoder as Encoder;
  requireVocabulary(tokenizer, language, folder);
  const longest = (from && ownMaxLength(from.path, language)) ?? language.maxPositions;
  const length = longestText(options.maxLength ?? Math.min(LENGTH, longest), language);
  const rules = maskingRules(tokenizer, folder, language.vocabularySize, options);
  const { passages, all } = readPassages(options, corpus, tokenizer, rules.ends, length);

  const embeddings =
    teacher === undefined
      ? undefined
      : await embed(
          teacher.path,
          all.map(({ text }) => text!),
          engine,
          signal,
        );
  const teaching: Teaching | undefined = embeddings && { width: embeddings.width, weight: options.teacherWeight };
  const added: readonly Parameter[] = teaching ? [projectionOf(teaching, language.hiddenSize)] : [];
  const encoder: Encoder = { ...language, parameters: [...language.parameters, ...added] };
  const program = trainingProgram(encoder, encoder.parameters, undefined, (scope) =>
    objective(losses(model, scope, teaching), teaching),
  );
  const maxTokens = options.batchSize * length;
  const memory = engine.createStore(encoder.parameters, { ...program, maxTokens, gradientAccumulation: 1 });
  open.add(() => memory.dispose());
  const weights = (name: string) => memory.host[name]!.data as Float32Array;
  opened.readInto(weights, options.seed);
  for (const parameter of added) drawWeights(parameter, weights(parameter.name), options.seed, 0.02);
  await memory.upload();

  const training = await engine.compile(program.outputs);
  open.add(() => training.dispose());
  const runner = new BatchRunner(program, training, encoder, memory, plainObjective(language.vocabularySize));
  const packed = (chosen: readonly Passage[], draws: readonly (number | string)[][]): MaskedBatch => {
    const masked = chosen.map(({ ids }, i) => maskText(ids, randomKey(options.seed, "mask", ...draws[i]!), rules));
    const { targets, ...rest } = packMasked(masked, encoder);
    return { ...rest, targets: { ...targets, ...(embeddings && teacherInputs(embeddings, chosen)) } };
  };
  const optimizer = new Optimizer(memory, options);
  const plain = losses(
    model,
    plainScope(encoder.parameters, (x) => x),
    teaching,
  );
  const heldOut = new HeldOut(
    engine,
    simplify({ [LOSS]: plain.masked, ...(plain.distance && { distance: plain.distance }) }),
    encoder,
    memory,
    chunks(passages.heldOut, options.batchSize).map(
      (chosen) => () =>
        packed(
          chosen,
          chosen.map(({ index }) => ["held out", index!]),
        ),
    ),
  );
  return {
    model,
    config,
    tokenizer,
    longest,
    memory,
    optimizer,
    passages,
    dataSha256: hashOf(corpus),
    parameters: parameterCount(language.parameters),
    notes: [...[from, teacher, data].flatMap((source) => source?.notes ?? []), ...corpus.notes, ...opened.notes],
    takeBatch: async (indices, draws, step) => {
      const chosen = indices.map((i) => passages.train[i]!);
      const { batch, targets } = packed(
        chosen,
        draws.map((draw) => [draw]),
      );
      const loss = await runner.runWith(batch, targets, options.seed, step);
      optimizer.receive(batch);
      return { loss, tokens: batch.sizes.tokens };
    },
    measure: () => heldOut.measure(signal),
    dispose: async () => {
      await memory.dispose();
      await training.dispose();
      await heldOut.dispose();
    },
  };
}

const chunks = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));

/** The text as blocks or passages, some of them held out; `all` is the order of the teacher's embeddings. */
function readPassages(
  { teacher, seed, heldOut: share }: ResolvedPretrainOptions,
  { documents }: Corpus,
  tokenizer: Tokenizer,
  ends: { readonly opening: number; readonly closing: number },
  length: number,
) {
  const made =
    teacher === undefined
      ? blocksOf(documents, tokenizer, ends, length)
      : passagesOf(documents, tokenizer, length, seed);
  const all = made.map((passage, index): Passage => ({ ...passage, index }));
  const count = Math.max(1, Math.round(share * all.length));
  if (all.length - count < 1)
    throw new AttuneError(
      "pretrain/too-little",
      `there is too little text: ${all.length} ${all.length === 1 ? "block" : "blocks"} of ${length} tokens; bring more, or lower maxLength`,
    );
  const order = [...permutation(randomKey(seed, "split", "held out"), all.length)];
  const isHeldOut = new Set(order.slice(0, count));
  return {
    all,
    passages: { train: all.filter((_, i) => !isHeldOut.has(i)), heldOut: all.filter((_, i) => isHeldOut.has(i)) },
  };
}

function teacherInputs({ width, rows }: Embeddings, chosen: readonly Passage[]): HostTensors {
  const found = new Float32Array(chosen.length * width);
  for (const [row, { index }] of chosen.entries())
    found.set(rows.subarray(index! * width, (index! + 1) * width), row * width);
  return {
    [TEACHER]: float32(found, [chosen.length, width]),
    [TEXT_WEIGHT]: float32(Float32Array.of(1 / chosen.length), []),
  };
}

function hashOf({ documents }: Corpus): string {
  const hash = createHash("sha256");
  for (const paragraphs of documents) hash.update(`${JSON.stringify(paragraphs)}\n`);
  return hash.digest("hex");
}

/** Where a run keeps the vocabulary that it learnt. */
export const tokenizerIn = (out: string): string => join(out, "tokenizer");
