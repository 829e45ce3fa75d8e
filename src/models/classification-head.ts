/** The head that Transformers gives a family's sequence classifier, declared and computed by its description. */
import { activations } from "../graph/nn.ts";
import { rowOfEach } from "../graph/ops/indexing.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Declarations } from "./declarations.ts";
import type { Encoded, Encoder } from "./encoder.ts";
import type { HeadDescription } from "./head-choice.ts";
import type { LinearSite, Scope } from "./scope.ts";

/** The sites of the head's layers, declared. */
export interface HeadSites {
  readonly dense: LinearSite;
  readonly classifier: LinearSite;
}

/** Declares the head's layers. */
export function declareHead(
  declarations: Declarations,
  { dense, classifier }: HeadDescription,
  hiddenSize: number,
  labelCount: number,
): HeadSites {
  const { module, part } = dense;
  const role = part === "pooler" ? "pooler" : "headDense";
  return {
    dense: declarations.linear(role, module, [hiddenSize, hiddenSize], { part }),
    classifier: declarations.linear("classifier", classifier, [labelCount, hiddenSize], { part: "classifier" }),
  };
}

/** One vector for each text: [batch, hidden]. */
export function poolByHead(
  { inputDropout = 0, dense }: HeadDescription,
  sites: Pick<HeadSites, "dense">,
  scope: Scope,
  { hidden, batch }: Encoded,
): Tensor {
  const first = scope.mayFreeze(rowOfEach(hidden, batch.firstToken, scope.pooledPosition)); // [batch, hidden]
  const dropped = scope.dropout(first, inputDropout, "head");
  return scope.mayFreeze(activations[dense.activation]!(scope.linear(sites.dense, dropped)));
}

/** Logits [batch, labels] by the encoder's own head, with that dropout before its last layer. */
export function ownLogits(encoder: Pick<Encoder, "encode" | "pool" | "linears">, scope: Scope, rate: number): Tensor {
  const pooled = encoder.pool(scope, encoder.encode(scope));
  const last = encoder.linears.find(({ role }) => role === "classifier")!;
  return scope.linear(last, scope.dropout(pooled, rate, "classifier"));
}
