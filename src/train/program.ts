/** Model + method → the two programs of a run: one step's loss and gradients, and logits. */
import type { DenseGradient, RowGradient } from "../engine/parameter-store.ts";
import { type Dim, type Shape, sameShape } from "../graph/dim.ts";
import { gradients } from "../graph/gradients.ts";
import { crossEntropy, dropout, yesAndNo } from "../graph/nn.ts";
import { countOperations } from "../graph/operations.ts";
import { input, inputName } from "../graph/ops/leaf.ts";
import { nodesInOrder } from "../graph/order.ts";
import { remade } from "../graph/remade.ts";
import { pruneRows } from "../graph/row-pruning.ts";
import { simplify } from "../graph/simplify.ts";
import type { Tensor } from "../graph/tensor.ts";
import { rowAxes } from "../models/batch.ts";
import type { Encoder, Parameter } from "../models/encoder.ts";
import { plainScope, type Scope } from "../models/scope.ts";
import { aboveFeatures, type FrozenFeatures } from "./frozen-features.ts";

/** A dropout mask that a training step has to be fed: bytes 0 and 1, and the factor of what is kept. */
export interface MaskInput {
  readonly name: string;
  /** Name of the factor's input, the same for all masks of a rate. */
  readonly factor: string;
  readonly shape: Shape;
  readonly rate: number;
  /** The place in the model, the same in every program of that model: part of the random key. */
  readonly site: string;
}

export interface TrainingProgram {
  /** `loss` and the gradients. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly dense: readonly DenseGradient[];
  readonly rows: readonly RowGradient[];
  readonly masks: readonly MaskInput[];
  readonly operations: StepOperations;
}

/** Floating-point operations of a batch, by its sizes; drawing masks, clipping and the optimizer are not counted. */
export interface StepOperations {
  /** Up to the loss. */
  readonly forward: Dim;
  /** From there to the gradients. */
  readonly backward: Dim;
}

/** Inputs that do not come from a packed batch: what each text should be, as `targetsOf` has it, and the factor of the loss. */
export const TARGETS = "targets";
export const LOSS_WEIGHT = "lossWeight";
export const LOSS = "loss";
export const LOGITS = "logits";

/** Logits [batch, labels], without dropout; above `features`, if it is given. */
export function evaluationProgram(encoder: Encoder, features?: FrozenFeatures): Readonly<Record<string, Tensor>> {
  const logits = encoder.logits(
    aboveFeatures(
      plainScope(encoder.parameters, (x) => x),
      features,
    ),
  );
  return simplify(pruneRows({ [LOGITS]: logits }, rowAxes));
}

/** A number to be made small, as a program over a model's parameters. */
export type Loss = (scope: Scope) => Tensor;

/** Mean cross-entropy of a batch's labels, or with `multiLabel` mean binary cross-entropy. */
export const classification =
  (encoder: Encoder, multiLabel = false): Loss =>
  (scope) => {
    const logits = pruneRows({ [LOGITS]: encoder.logits(scope) }, rowAxes)[LOGITS]!;
    const scored = multiLabel ? yesAndNo(logits) : logits;
    return crossEntropy(scored, input(TARGETS, "float32", scored.shape), input(LOSS_WEIGHT, "float32", []));
  };

/**
 * The loss of a batch, by default that of a classifier, and its gradients with respect to the trained parameters. What
 * lies below `features` is fed and not computed, so it has no dropout.
 */
export function trainingProgram(
  encoder: Encoder,
  trained: readonly Parameter[],
  features?: FrozenFeatures,
  loss: Loss = classification(encoder),
): TrainingProgram {
  const masks: MaskInput[] = [];
  const factors = new Map<string, Tensor>();
  const drop: Scope["dropout"] = (x, rate, site) => {
    if (rate === 0) return x;
    // A linear layer that projects tokens and positions is one site with what it reads of either.
    const isOther = masks.some((mask) => mask.site === site && !sameShape(mask.shape, x.shape));
    const own = isOther ? `${site}:${x.shape}` : site;
    const mask: MaskInput = { name: `mask:${own}`, factor: `kept:${rate}`, shape: x.shape, rate, site: own };
    masks.push(mask);
    if (!factors.has(mask.factor)) factors.set(mask.factor, input(mask.factor, "float32", []));
    return dropout(x, input(mask.name, "uint8", mask.shape), factors.get(mask.factor)!);
  };
  const scope = aboveFeatures(plainScope(encoder.parameters, drop), features);
  const lossOfBatch = loss(scope);
  const wanted = trained.map(({ name }) => scope.parameter(name));
  const found = gradients(lossOfBatch, wanted);
  const simple = simplify({
    [LOSS]: lossOfBatch,
    ...Object.fromEntries(trained.map(({ name }, i) => [name, found[i]!])),
  });

  const outputs: Record<string, Tensor> = { [LOSS]: simple[LOSS]! };
  const dense: DenseGradient[] = [];
  const rows: RowGradient[] = [];
  const outputOf = (tensor: Tensor, name: string): string => {
    const same = Object.keys(outputs).find((key) => outputs[key] === tensor);
    if (same) return same;
    outputs[name] = tensor;
    return name;
  };
  for (const { name } of trained) {
    const parts = rowParts(simple[name]!);
    if (parts)
      rows.push({
        parameter: name,
        parts: parts.map(({ indices, rows: tensor }, i) => ({
          indices,
          output: outputOf(tensor, `rows:${name}:${i}`),
        })),
      });
    else {
      outputs[`gradient:${name}`] = simple[name]!;
      dense.push({ parameter: name, output: `gradient:${name}` });
    }
  }
  const read = new Set(nodesInOrder(Object.values(outputs)).map(({ outputs: [y] }) => y && inputName(y)));
  const forward = [outputs[LOSS]!];
  const operations = { forward: countOperations(forward), backward: countOperations(Object.values(outputs), forward) };
  const used = masks.filter(({ name }) => read.has(name));
  return { outputs: remade(outputs, outputs[LOSS]!), dense, rows, masks: used, operations };
}

/** Indices and rows of a gradient that consists of rows added into zeros, or undefined for any other. */
function rowParts(gradient: Tensor): { indices: string; rows: Tensor }[] | undefined {
  const { op, inputs } = gradient.node;
  if (op.name === "add") {
    const parts = inputs.map(rowParts);
    return parts.every((p) => p !== undefined) ? parts.flat() : undefined;
  }
  // Only what is looked up by token; an index by place belongs to no row of the batch.
  const byToken = op.name === "scatterAddRows" && inputs[1]!.shape[0] === rowAxes.tokens;
  const indices = byToken ? inputName(inputs[1]!) : undefined;
  return indices === undefined ? undefined : [{ indices, rows: inputs[2]! }];
}
