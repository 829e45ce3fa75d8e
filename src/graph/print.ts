/** A program as text, one node a line: for people, and for tests that compare whole programs. */
import { shapeText } from "./dim.ts";
import { inputName } from "./ops/leaf.ts";
import { nodesInOrder } from "./order.ts";
import type { Tensor } from "./tensor.ts";

/**
 * @example
 * printProgram({ loss }) // x: float32[2, 3] = input
 *                        // %1: float32[2, 3] = exp(x)
 *                        // return loss = %1
 */
export function printProgram(outputs: Readonly<Record<string, Tensor>>): string {
  const names = new Map<Tensor, string>();
  const lines: string[] = [];
  let count = 0;
  for (const node of nodesInOrder(Object.values(outputs))) {
    if (node.op.name === "constant" && node.outputs[0]!.shape.length === 0) {
      names.set(node.outputs[0]!, String((node.attributes.values as number[])[0]));
      continue;
    }
    for (const y of node.outputs) names.set(y, inputName(y) ?? `%${++count}`);
    const results = node.outputs.map((y) => `${names.get(y)}: ${y.dtype}${shapeText(y.shape)}`).join(", ");
    const operands = node.inputs.map((x) => names.get(x));
    if (node.inputs.length > 0 || node.op.name === "constant")
      for (const [key, value] of Object.entries(node.attributes)) operands.push(`${key}=${JSON.stringify(value)}`);
    lines.push(`${results} = ${node.op.name}${operands.length > 0 ? `(${operands.join(", ")})` : ""}`);
  }
  for (const [name, tensor] of Object.entries(outputs)) lines.push(`return ${name} = ${names.get(tensor)}`);
  return lines.join("\n");
}
