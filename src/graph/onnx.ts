/** Writes a program as an ONNX model. Weights are inputs, so the file is small, unless it is meant to hold them. */
import protobuf from "protobufjs/light.js";
import type { Shape } from "./dim.ts";
import { onnxDescriptor } from "./onnx-descriptor.ts";
import { inputName } from "./ops/leaf.ts";
import { nodesInOrder } from "./order.ts";
import type { AnyOp, DType, LowerContext, LowerNode, Node, OnnxAttribute, Tensor, TensorType } from "./tensor.ts";

const ELEMENT_TYPE: Readonly<Record<DType, number>> = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7 };
const IR_VERSION = 8;
const OPSET_VERSION = 18;
/** Operators of ONNX Runtime's own. */
const CONTRIBUTED = "com.microsoft";

const ModelProto = protobuf.Root.fromJSON(onnxDescriptor).lookupType("ModelProto");

export interface OnnxOptions {
  /**
   * Name of an extra first output that is a sequence instead of a tensor. onnxruntime-node cannot return sequences and
   * says so after everything has been computed and before it copies any output: that saves the copies.
   */
  readonly sequenceOutput?: string;
  /** Inputs of the file that the program does not have. */
  readonly declared?: Readonly<Record<string, TensorType>>;
  /**
   * What takes the place of an input of the program: a value made of other inputs, a weight that becomes part of the file,
   * or "" where nothing reads it any more. Inputs for which it is undefined stay inputs.
   */
  readonly inputs?: (name: string, writer: OnnxWriter) => string | undefined;
  /** What the names of the ONNX nodes begin with that a node is written as, for profiles. @default no names */
  readonly nodeName?: ((node: Node) => string) | undefined;
  /** Other ways to write some ops; undefined where the op's own is meant. */
  readonly rules?: ReadonlyMap<AnyOp, OnnxRule>;
}

export type OnnxRule = (context: LowerContext<never>, writer: OnnxWriter) => string[] | undefined;

/** What a file is written with, beside the rules of the ops. */
export interface OnnxWriter extends Pick<LowerContext<never>, "node" | "constant" | "shared"> {
  /** Adds a tensor to the file; its other fields are those of TensorProto. */
  initializer(name: string, tensor: Readonly<Record<string, unknown>>): string;
}

/** The bytes of an ONNX model that computes `outputs`; its inputs are the program's. */
export function toOnnx(outputs: Readonly<Record<string, Tensor>>, options: OnnxOptions = {}): Uint8Array {
  const writer = new GraphWriter(options);
  for (const node of orderForOnnxRuntime(Object.values(outputs))) writer.add(node);
  const declared = Object.entries(outputs).map(([name, tensor]) => {
    writer.nodes.push({ opType: "Identity", input: [writer.nameOf(tensor)], output: [name] });
    return valueInfo(name, tensor);
  });
  if (options.sequenceOutput) {
    const input = writer.constant("float32", [0], []); // A sequence copies what is put into it.
    writer.nodes.push({ opType: "SequenceConstruct", input: [input], output: [options.sequenceOutput] });
    const elemType = tensorType({ dtype: "float32", shape: [] });
    declared.unshift({ name: options.sequenceOutput, type: { sequenceType: { elemType } } });
  }
  return ModelProto.encode(
    ModelProto.create({
      irVersion: IR_VERSION,
      producerName: "attune",
      opsetImport: [
        { domain: "", version: OPSET_VERSION },
        ...(writer.nodes.some(({ domain }) => domain) ? [{ domain: CONTRIBUTED, version: 1 }] : []),
      ],
      graph: {
        name: "attune",
        node: renameOutputs(withoutUnread(writer.nodes, declared), Object.keys(outputs)),
        initializer: writer.initializers,
        input: writer.inputs,
        output: declared,
      },
    }),
  ).finish();
}

/**
 * Of what a node reads, ONNX Runtime computes first what stands last in the file, and keeps it until the rest is there. That is to be
 * what has most before it: a gradient, and then what is made again for it; rows, and then the weight that is turned for them.
 */
function orderForOnnxRuntime(outputs: readonly Tensor[]): Node[] {
  const given = nodesInOrder(outputs);
  const heights = new Map<Node, number>();
  const heightOf = ({ node }: Tensor) => heights.get(node)!;
  for (const node of given) heights.set(node, 1 + Math.max(0, ...node.inputs.map(heightOf)));
  const order = nodesInOrder(outputs, ({ inputs }) => inputs.toSorted((a, b) => heightOf(a) - heightOf(b)));
  return [
    ...given.filter((node) => heights.get(node) === 1),
    // Several nodes may read the same rows, each with a weight of its own.
    ...order.filter((node) => heights.get(node) === 2),
    ...order.filter((node) => heights.get(node)! > 2),
  ];
}

interface NodeProto {
  name?: string;
  opType: string;
  /** @default ONNX's own */
  domain?: string;
  input: readonly string[];
  output: string[];
  attribute?: object[];
}

class GraphWriter {
  readonly nodes: NodeProto[] = [];
  readonly inputs: object[] = [];
  readonly initializers: object[] = [];
  readonly #names = new Map<Tensor, string>();
  readonly #constants = new Map<string, string>();
  readonly #shared = new Map<string, string>();
  readonly #options: OnnxOptions;
  #count = 0;
  /** Of the node that is being written. */
  #nodeName: string | undefined;

  constructor(options: OnnxOptions) {
    this.#options = options;
    for (const [name, type] of Object.entries(options.declared ?? {})) this.inputs.push(valueInfo(name, type));
  }

  nameOf(tensor: Tensor): string {
    return this.#names.get(tensor)!;
  }

  add(node: Node): void {
    const [first] = node.outputs;
    const name = inputName(first!);
    if (name !== undefined) {
      const bound = this.#options.inputs?.(name, this.#writer);
      this.#names.set(first!, bound ?? name);
      if (bound === undefined) this.inputs.push(valueInfo(name, first!));
      return;
    }
    this.#nodeName = this.#options.nodeName?.(node);
    const context: LowerContext<never> = {
      inputs: node.inputs.map((x) => this.nameOf(x)),
      types: node.inputs,
      outputTypes: node.outputs,
      attributes: node.attributes as never,
      ...this.#writer,
    };
    const other = this.#options.rules?.get(node.op)?.(context, this.#writer);
    const own = () =>
      typeof node.op.onnx === "string" ? this.#node(node.op.onnx, context.inputs) : node.op.onnx(context);
    const names = other ?? own();
    for (const [i, output] of node.outputs.entries()) this.#names.set(output, names[i]!);
  }

  readonly #node: LowerNode = (type, input, attributes = {}, outputCount = 1) => {
    const isContributed = type.startsWith(`${CONTRIBUTED}.`);
    const opType = isContributed ? type.slice(CONTRIBUTED.length + 1) : type;
    const output = Array.from({ length: outputCount }, () => `${opType}_${this.#count++}`);
    // No two may have the same name.
    const named = this.#nodeName !== undefined && { name: `${this.#nodeName}/${this.nodes.length}` };
    this.nodes.push({
      ...named,
      opType,
      ...(isContributed && { domain: CONTRIBUTED }),
      input,
      output,
      attribute: Object.entries(attributes).map(attributeProto),
    });
    return output;
  };

  readonly constant = (
    dtype: DType,
    values: readonly number[] | Float32Array | Int32Array,
    shape: readonly number[],
  ): string => {
    const key = `${dtype}[${shape}]${ArrayBuffer.isView(values) ? `#${this.#idOf(values)}` : values}`;
    let name = this.#constants.get(key);
    if (name === undefined) {
      name = `constant_${this.#constants.size}`;
      this.#constants.set(key, name);
      this.initializers.push({ name, dims: shape, dataType: ELEMENT_TYPE[dtype], rawData: rawBytes(dtype, values) });
    }
    return name;
  };

  readonly #ids = new Map<object, number>();

  /** Arrays are told apart by what they are and not by their content. */
  #idOf(values: object): number {
    if (!this.#ids.has(values)) this.#ids.set(values, this.#ids.size);
    return this.#ids.get(values)!;
  }

  readonly #writer: OnnxWriter = {
    node: this.#node,
    constant: this.constant,
    shared: (key, make) => {
      if (!this.#shared.has(key)) this.#shared.set(key, make());
      return this.#shared.get(key)!;
    },
    initializer: (name, tensor) => {
      this.initializers.push({ name, ...tensor });
      return name;
    },
  };
}

/** Without what no node and no output reads: by-products of ops, and ops of which only a by-product is read. */
function withoutUnread(nodes: readonly NodeProto[], outputs: readonly { readonly name: string }[]): NodeProto[] {
  const read = new Set(outputs.map(({ name }) => name));
  const kept = [...nodes].reverse().filter(({ input, output }) => {
    if (!output.some((name) => read.has(name))) return false;
    for (const name of input) read.add(name);
    return true;
  });
  return kept.reverse();
}

/** Lets nodes write straight to an output's name instead of through the Identity that was put there for it. */
function renameOutputs(nodes: readonly NodeProto[], outputs: readonly string[]): NodeProto[] {
  const renamed = new Map<string, string>();
  const computed = new Set(nodes.filter((n) => !outputs.includes(n.output[0]!)).flatMap((n) => n.output));
  const kept = nodes.filter((node) => {
    const source = node.input[0]!;
    if (node.opType !== "Identity" || !outputs.includes(node.output[0]!)) return true;
    if (!computed.has(source) || renamed.has(source)) return true;
    renamed.set(source, node.output[0]!);
    return false;
  });
  const rename = (name: string) => renamed.get(name) ?? name;
  return kept.map((node) => ({ ...node, input: node.input.map(rename), output: node.output.map(rename) }));
}

function attributeProto([name, value]: [string, OnnxAttribute]): object {
  if (typeof value === "number") return { name, i: value, type: 2 };
  if (typeof value === "string") return { name, s: new TextEncoder().encode(value), type: 3 };
  if ("float" in value) return { name, f: value.float, type: 1 };
  return { name, ints: value, type: 7 };
}

function rawBytes(dtype: DType, values: readonly number[] | Float32Array | Int32Array): Uint8Array {
  if (dtype === "float32") return new Uint8Array(Float32Array.from(values).buffer);
  if (dtype === "int8" || dtype === "uint8") return Uint8Array.from(values);
  if (dtype === "int32") return new Uint8Array(Int32Array.from(values).buffer);
  return new Uint8Array(BigInt64Array.from(Array.from(values), BigInt).buffer);
}

function shapeProto(shape: Shape): object {
  return { dim: shape.map((dim) => (typeof dim === "number" ? { dimValue: dim } : { dimParam: dim })) };
}
const tensorType = ({ dtype, shape }: TensorType): object => ({
  tensorType: { elemType: ELEMENT_TYPE[dtype], shape: shapeProto(shape) },
});
const valueInfo = (name: string, type: TensorType): { name: string; type: object } => ({
  name,
  type: tensorType(type),
});
