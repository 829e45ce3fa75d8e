/**
 * The program as a value: tensors made by nodes, nodes that apply one op to tensors. Nodes are immutable and reachable
 * only from what uses them, so a part that nothing asks for does not exist.
 */
import { AttuneError } from "../base/error.ts";
import { type Dim, type Shape, shapeText } from "./dim.ts";

export type DType = "float32" | "int32" | "int64" | "int8" | "uint8";

export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

export interface Tensor extends TensorType {
  readonly node: Node;
  /** Which of its node's outputs this is. */
  readonly index: number;
}

/** The value of a tensor, in memory of ours. An engine reads inputs from and writes outputs to `data`, without copies. */
export interface HostTensor {
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly data: Float32Array | Int32Array | BigInt64Array | Int8Array | Uint8Array;
}

export type Attributes = Readonly<Record<string, unknown>>;

export interface Node {
  readonly op: AnyOp;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly outputs: readonly Tensor[];
}

/** What a gradient rule may use: the node's inputs, outputs and attributes. */
export interface Applied<Inputs extends readonly Tensor[], A> {
  readonly x: Inputs;
  readonly y: readonly Tensor[];
  readonly attributes: A;
}

/** One gradient per input; `null` where the input cannot be differentiated (indices, shapes, masks that are data). */
export type InputGradients<Inputs extends readonly Tensor[]> = { [K in keyof Inputs]: Tensor | null };

/** Adds a node to an ONNX file and returns its output names; a type of another domain than ONNX's own begins with that. */
export type LowerNode = (
  type: string,
  inputs: readonly string[],
  attributes?: Readonly<Record<string, OnnxAttribute>>,
  outputCount?: number,
) => string[];
export type OnnxAttribute = number | string | readonly number[] | { readonly float: number };

export interface LowerContext<A> {
  readonly node: LowerNode;
  /** Names of the inputs, in order. */
  readonly inputs: readonly string[];
  readonly types: readonly TensorType[];
  readonly outputTypes: readonly TensorType[];
  readonly attributes: A;
  /** Name of a constant (shared between equal ones). */
  constant(dtype: DType, values: readonly number[] | Float32Array | Int32Array, shape: readonly number[]): string;
  /** A value that several nodes need: made on first use under `key`. */
  shared(key: string, make: () => string): string;
}

/** Floating-point operations of an application of an op, as `operations.ts` counts them. */
// biome-ignore lint/suspicious/noExplicitAny: a rule that reads no attributes fits every op.
export type Cost<A = any> = (at: {
  readonly inputs: readonly TensorType[];
  readonly outputs: readonly TensorType[];
  readonly attributes: A;
}) => Dim;

/**
 * An op is one value: everything there is to know about it stands side by side.
 * Outputs after the first are by-products for the gradient rule (a mean, a mask); no gradient flows into them.
 */
export interface Op<Inputs extends readonly Tensor[], A extends Attributes> {
  readonly name: string;
  /** Types of the outputs, or the end of the sentence "<op> …" that says why the inputs do not fit. */
  infer(inputs: { [K in keyof Inputs]: TensorType }, attributes: A): readonly TensorType[] | string;
  /** Gradients of the inputs from that of the first output, or "none" where the op has no derivative. */
  readonly grad: "none" | ((dy: Tensor, at: Applied<Inputs, A>) => InputGradients<Inputs>);
  /** How much it computes, or "none" where it only moves values. */
  readonly operations: "none" | Cost<A>;
  /**
   * Operands whose rows each decide only the same row of the output, so that wanting few rows means computing few; rows
   * run along `axis` of the output, which has `rank` axes. None where rows depend on each other.
   */
  readonly rowOperands?: (
    axis: number,
    rank: number,
    node: { readonly attributes: A; readonly count: number },
  ) => readonly number[];
  /**
   * Whether its value may be made a second time for the backward pass instead of being kept (remade.ts): "cheap" where that is
   * one pass over its operands, "smaller" where its first operand also takes less memory than the value.
   */
  readonly remake?: "cheap" | "smaller";
  /** Its attributes for the one row at `position`, where they depend on that. */
  readonly atPosition?: (attributes: A, position: number) => A;
  /** The ONNX operator of the same name and attributes, or a rule that writes nodes and returns the outputs' names. */
  readonly onnx: string | ((context: LowerContext<A>) => string[]);
}

// biome-ignore lint/suspicious/noExplicitAny: the list of ops is heterogeneous; each op is checked where it is defined.
export type AnyOp = Op<any, any>;

/** Applies an op; throws where the shapes do not fit, naming op and shapes. */
export function applyAll<Inputs extends readonly Tensor[], A extends Attributes>(
  op: Op<Inputs, A>,
  inputs: NoInfer<Inputs>,
  attributes: A,
): readonly Tensor[] {
  // A tuple of tensors is a tuple of their types; TypeScript does not see that through the mapped type.
  const types = op.infer(inputs as { [K in keyof Inputs]: TensorType }, attributes);
  if (typeof types === "string") {
    const given = inputs.map((x) => `${x.dtype}${shapeText(x.shape)}`).join(", ");
    throw new AttuneError("graph/shape", `${op.name}(${given}) ${types}`, "failure");
  }
  const outputs: Tensor[] = [];
  const node: Node = { op, inputs, attributes, outputs };
  for (const [index, type] of types.entries()) outputs.push({ ...type, node, index });
  return outputs;
}

/** `applyAll` for ops of which only the first output matters. */
export function apply<Inputs extends readonly Tensor[], A extends Attributes>(
  op: Op<Inputs, A>,
  inputs: NoInfer<Inputs>,
  attributes: A,
): Tensor {
  return applyAll(op, inputs, attributes)[0]!;
}
