/** What a training program keeps of its forward pass until the backward pass has read it, by part of the model. */
import { evaluateDim, productOf } from "../src/graph/dim.ts";
import { constantOp, inputOp } from "../src/graph/ops/leaf.ts";
import { reshapeOp } from "../src/graph/ops/shape.ts";
import { nodesInOrder } from "../src/graph/order.ts";
import type { AnyOp, Tensor } from "../src/graph/tensor.ts";
import type { Encoder } from "../src/models/encoder.ts";
import { LOSS } from "../src/train/program.ts";
import type { Sizes } from "./products.ts";
import { placesOf } from "./profile-places.ts";

const NOT_COMPUTED: ReadonlySet<AnyOp> = new Set<AnyOp>([inputOp, constantOp]);

/** Bytes by what made them ("intermediate, erfGate"), all layers together, largest first. */
export function keptValues(
  encoder: Encoder,
  outputs: Readonly<Record<string, Tensor>>,
  sizes: Sizes,
): (readonly [string, number])[] {
  const places = placesOf(encoder, outputs);
  const forward = new Set(nodesInOrder([outputs[LOSS]!]));
  const backward = nodesInOrder(Object.values(outputs)).filter((node) => !forward.has(node));
  // Another shape of the same numbers is the same memory.
  const origin = (x: Tensor): Tensor => (x.node.op === reshapeOp ? origin(x.node.inputs[0]!) : x);
  const kept = new Set(
    backward
      .flatMap(({ inputs }) => inputs.map(origin))
      .filter(({ node }) => forward.has(node) && !NOT_COMPUTED.has(node.op)),
  );
  const bytes = new Map<string, number>();
  for (const { node, shape, dtype } of kept) {
    const name = `${places.get(node)!.role}, ${node.op.name}`;
    bytes.set(name, (bytes.get(name) ?? 0) + (dtype === "uint8" ? 1 : 4) * evaluateDim(productOf(shape), sizes));
  }
  return [...bytes].sort(([, a], [, b]) => b - a);
}
