/** The head that Transformers gives a family's sequence classifier, declared and computed by its description. */
import { activations } from "../graph/nn.ts";
import { rowOfEach, toHeads } from "../graph/ops/indexing.ts";
import { constant } from "../graph/ops/leaf.ts";
import { matMul } from "../graph/ops/linalg.ts";
import { layerNorm, softmax } from "../graph/ops/reduce.ts";
import { reshape, slice } from "../graph/ops/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Declarations } from "./declarations.ts";
import type { Encoded, Encoder } from "./encoder.ts";
import type { HeadDescription, NormDescription } from "./head-choice.ts";
import type { LinearSite, Scope } from "./scope.ts";

/** The sites of the head's layers, declared. */
export interface HeadSites {
  readonly dense: LinearSite;
  readonly classifier: LinearSite;
}

/** Declares the head's layers. */
export function declareHead(
  declarations: Declarations,
  { dense, classifier, classifierStart }: HeadDescription,
  hiddenSize: number,
  labelCount: number,
): HeadSites {
  const { module, part, bias = true, norm, start } = dense;
  const role = part === "pooler" ? "pooler" : "headDense";
  const place = { part, ...(start && { draw: start }) };
  const sites = { dense: declarations.linear(role, module, [hiddenSize, hiddenSize], place, { bias }) };
  if (norm) declarations.norm(norm.module, hiddenSize, { part }, norm);
  const last = { part: "classifier", ...(classifierStart && { draw: classifierStart }) } as const;
  return { ...sites, classifier: declarations.linear("classifier", classifier, [labelCount, hiddenSize], last) };
}

/** One vector for each text: [batch, hidden]. */
export function poolByHead(
  { reads = "cls", inputDropout = 0, dense }: HeadDescription,
  sites: Pick<HeadSites, "dense">,
  scope: Scope,
  encoded: Encoded,
): Tensor {
  const { hidden, batch } = encoded;
  const text = reads === "cls" ? rowOfEach(hidden, batch.firstToken, scope.pooledPosition) : meanOfText(scope, encoded);
  const dropped = scope.dropout(scope.mayFreeze(text), inputDropout, "head"); // [batch, hidden]
  const raised = activations[dense.activation]!(scope.linear(sites.dense, dropped));
  return scope.mayFreeze(dense.norm ? normByDescription(scope, dense.norm, raised) : raised);
}

/** The LayerNorm of a head. */
export function normByDescription(scope: Scope, { module, epsilon, bias = true }: NormDescription, x: Tensor): Tensor {
  const width = x.shape[1] as number;
  const beta = bias ? scope.parameter(`${module}.bias`) : constant(new Array(width).fill(0), [width]);
  return layerNorm(x, scope.parameter(`${module}.weight`), beta, epsilon);
}

/** The mean of the last hidden states of each text from the pooled token on: [batch, hidden]. */
export function meanOfText(scope: Scope, { hidden, batch }: Encoded): Tensor {
  const from = scope.pooledPosition;
  const ofText = (x: Tensor, axis: number) => (from > 0 ? slice(x, axis, from, "end") : x);
  const byHead = ofText(toHeads(hidden, batch.fillIndex, batch.unpadIndex, "filled"), 2); // [batch, heads, length, dim]
  return reshape(matMul(softmax(ofText(batch.attentionBias, 3)), byHead), ["batch", hidden.shape[1]!]);
}

/** Logits [batch, labels] by the encoder's own head, with that dropout before its last layer. */
export function ownLogits(encoder: Pick<Encoder, "encode" | "pool" | "linears">, scope: Scope, rate: number): Tensor {
  const pooled = encoder.pool(scope, encoder.encode(scope));
  const last = encoder.linears.find(({ role }) => role === "classifier")!;
  return scope.linear(last, scope.dropout(pooled, rate, "classifier"));
}
