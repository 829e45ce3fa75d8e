/** Plausible mistakes in the encoders, each a piece of a file in src/models that is exchanged for another. */

export interface Mistake {
  /** File in src/models. */
  readonly file: string;
  readonly what: string;
  readonly from: string;
  readonly to: string;
  /** Part of the names of the tests that have to notice it: one family's, or a test's own. */
  readonly tests: string;
}

const of =
  (file: string, tests: string) =>
  (what: string, from: string, to: string, own = tests): Mistake => ({ file, what, from, to, tests: own });

const postNorm = of("post-norm.ts", "roberta");
const roberta = of("roberta.ts", "roberta");
const distilbert = of("distilbert.ts", "distilbert");
const electra = of("electra.ts", "electra");
const mpnet = of("mpnet.ts", "mpnet");
const albert = of("albert.ts", "albert");
const modernbert = of("modernbert.ts", "modernbert");
const deberta = of("deberta.ts", "deberta");
const disentangled = of("disentangled.ts", "deberta");

export const mistakes: readonly Mistake[] = [
  postNorm(
    "scores divided by the root of the whole width",
    "Math.sqrt((hiddenSize / heads) * terms)",
    "Math.sqrt(hiddenSize * terms)",
  ),
  postNorm("the second residual taken from the layer's input", `"output"), middle)`, `"output"), x)`),
  postNorm("no norm behind attention", "norm(scope, sites.attentionNorm, attended, epsilon)", "attended"),
  postNorm("embeddings projected before their norm", "embeddings?.beforeNorm ?", "embeddings ?", "electra"),
  postNorm(
    "the epsilon of the embeddings' norm",
    "embeddings.LayerNorm`, x, epsilon)",
    "embeddings.LayerNorm`, x, 1e-3)",
  ),
  postNorm("old names of LayerNorm not known", `"LayerNorm.gamma"`, `"LayerNorm.g"`),

  roberta("positions from one further on", "first: pad + 1", "first: pad + 2"),
  roberta("a literal <pad> counted", "uncounted: pad }", "uncounted: -1 }"),
  roberta(
    "BERT's pooled activation in the head",
    `module: "classifier.dense", activation: "tanh"`,
    `module: "classifier.dense", activation: "gelu"`,
  ),
  roberta("one dropout in the head, not two", "inputDropout: classifierDropout", "inputDropout: 0"),
  roberta(
    "the language head with hidden_act's approximation",
    `module: "lm_head.dense", activation: "gelu"`,
    `module: "lm_head.dense", activation: "gelu_new"`,
  ),

  distilbert("dropout behind attention, as in BERT", "attentionOutput: 0", "attentionOutput: own.dropout"),
  distilbert("epsilon 1e-5", "EPSILON = 1e-12", "EPSILON = 1e-5"),
  distilbert("tanh in the head", `activation: "relu"`, `activation: "tanh"`),

  electra(
    "hidden_act in the head",
    `module: "classifier.dense", activation: "gelu"`,
    `module: "classifier.dense", activation: own.hidden_act`,
  ),
  electra(
    "dropout of the head that classifier_dropout does not change",
    "own.classifier_dropout ?? hiddenDropout",
    "hiddenDropout",
  ),

  mpnet("buckets rounded, not cut", "8 + Math.floor(", "8 + Math.round("),
  mpnet("keys behind and before exchanged", "distance > 0 ? 16", "distance < 0 ? 16"),
  mpnet("buckets that reach 64 and not 128", "Math.log(16))", "Math.log(8))"),
  mpnet("one bucket too many far away", "Math.min(15", "Math.min(16"),
  mpnet("positions from one further on", "first: PADDING + 1", "first: PADDING + 2"),
  mpnet(
    "classifier_dropout read",
    "inputDropout: hiddenDropout",
    "inputDropout: own.classifier_dropout ?? hiddenDropout",
  ),

  albert(
    "groups taken in turn",
    "Math.floor(Math.floor(pass / inner) / (layers / groups))",
    "Math.floor(pass / inner) % groups",
  ),
  albert("layers of a group backwards", "pass % inner)", "inner - 1 - (pass % inner))"),
  albert("the dropout whose module is not used", "{ ...sizes.dropout, output: 0 }", "sizes.dropout"),
  albert("the exact GELU by default", `activation.default("gelu_new")`, `activation.default("gelu")`),
  albert(
    "RoBERTa's activation in the pooler",
    `module: "albert.pooler", activation: "tanh"`,
    `module: "albert.pooler", activation: "gelu"`,
  ),

  modernbert(
    "window one narrower",
    "Math.abs(distance) <= Math.floor(width / 2)",
    "Math.abs(distance) < Math.floor(width / 2)",
  ),
  modernbert(
    "window one wider",
    "Math.abs(distance) <= Math.floor(width / 2)",
    "Math.abs(distance) <= Math.floor(width / 2) + 1",
  ),
  modernbert("odd windows rounded up", "<= Math.floor(width / 2)", "<= Math.ceil(width / 2)"),
  modernbert(
    "halves of the gate exchanged",
    "activations[own.hidden_activation]!(slice(both, 1, 0, size))",
    "activations[own.hidden_activation]!(slice(both, 1, size, 2 * size))",
  ),
  modernbert("turned the other way", "sines[at] = -sines", "sines[at] = sines"),
  modernbert("angles of half the frequency", "(2 * i) / dim", "i / dim"),
  modernbert(
    "the angles of local layers in global ones",
    "global: ofTheta(rope?.full_attention",
    "global: ofTheta(rope?.sliding_attention",
  ),
  modernbert("global layers one later", "own.global_attn_every_n_layers === 0", "own.global_attn_every_n_layers === 1"),
  modernbert("layer types exchanged", `=== "full_attention"`, `=== "sliding_attention"`),
  modernbert("no final norm", `hidden: norm(own, scope, "model.final_norm", x)`, "hidden: x"),
  modernbert("[CLS] where the file says mean", "reads: own.classifier_pooling", `reads: "cls"`),
  modernbert(
    "another dropout behind attention",
    "scope.dropout(projected, own.attention_dropout",
    "scope.dropout(projected, own.mlp_dropout",
  ),
  modernbert("a norm before the first layer's attention", "index === 0 ? x", "index === 1 ? x"),
  modernbert(
    "epsilon 1e-12",
    "norm_eps: z.number().positive().default(1e-5)",
    "norm_eps: z.number().positive().default(1e-12)",
  ),

  deberta("the norm of relative positions left out", "normsPositions ? sizes.epsilon : undefined", "undefined"),
  deberta("distances cut one too early", "2 * span - 1)", "2 * span - 2)"),
  deberta(
    "the convolution's neighbours exchanged",
    "const offset = i - (kernel - 1) / 2",
    "const offset = (kernel - 1) / 2 - i",
  ),
  disentangled("the terms of scores not counted", "1 + Number(contentToPosition) + Number(positionToContent)", "1"),
  disentangled("buckets rounded down", "Math.ceil(fround(share", "Math.floor(fround(share"),
  disentangled("distances of keys the other way", "of: (to) => rowOf(-to)", "of: rowOf"),
  disentangled("keys projected for queries", `site("positionQuery", query`, `site("positionQuery", key`),

  of("batch.ts", "prefix")("positions that prefixes do not move", "first + virtual.keys", "first"),
  of("batch.ts", "prompt")(
    "a prompt's text from position 0 on",
    "virtual.tokens === 0 && ids[i] === uncounted",
    "ids[i] === uncounted",
  ),
  of("places.ts", "prefix")(
    "a prefix with the bias of the first key",
    "scale(slice(placeBias, 3, 0, 1), 0)",
    "slice(placeBias, 3, 0, 1)",
  ),
  of("places.ts", "modernbert")(
    "a mask of places that scores can reach",
    "NEVER_REACHED = -1e4",
    "NEVER_REACHED = -60",
  ),
  of("classification-head.ts", "modernbert")(
    "the norm of the head left out",
    "dense.norm ? normByDescription(scope, dense.norm, raised) : raised",
    "raised",
  ),
  of("language-model.ts", "ten steps")(
    "no bias of the tokens' scores",
    "bias === undefined ? undefined : scope.parameter(bias))",
    "undefined)",
  ),
];
