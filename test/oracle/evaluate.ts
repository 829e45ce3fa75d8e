/** A plain float64 evaluator of programs, slow and obvious: the oracle for gradients and for what engines compute. */
import { evaluateShape } from "../../src/graph/dim.ts";
import { inputName } from "../../src/graph/ops/leaf.ts";
import { nodesInOrder } from "../../src/graph/order.ts";
import type { Node, Tensor } from "../../src/graph/tensor.ts";
import { forEachIndex, type NdArray, ndarray, offset, sizeOf, strides } from "./array.ts";

// biome-ignore lint/suspicious/noExplicitAny: attributes differ from op to op; the ops themselves check them.
type Attributes = Record<string, any>;
type Rule = (inputs: NdArray[], attributes: Attributes, shapes: readonly (readonly number[])[]) => NdArray[];

/** Values of `outputs` for the inputs given by name; `sizes` binds the symbols of their shapes; what is `held` is not computed. */
export function evaluate(
  outputs: readonly Tensor[],
  inputs: Readonly<Record<string, NdArray>>,
  sizes: Readonly<Record<string, number>> = {},
  held: ReadonlyMap<Tensor, NdArray> = new Map(),
): NdArray[] {
  const values = new Map<Tensor, NdArray>(held);
  for (const node of nodesInOrder(outputs)) {
    if (node.outputs.every((t) => held.has(t))) continue;
    const shapes = node.outputs.map((t) => evaluateShape(t.shape, sizes));
    const found = evaluateNode(
      node,
      node.inputs.map((x) => values.get(x)!),
      inputs,
      shapes,
    );
    for (const [i, y] of node.outputs.entries()) {
      if (`${found[i]!.shape}` !== `${shapes[i]}`)
        throw new Error(`${node.op.name}: computed [${found[i]!.shape}], declared [${shapes[i]}]`);
      values.set(y, found[i]!);
    }
  }
  return outputs.map((t) => values.get(t)!);
}

function evaluateNode(
  node: Node,
  operands: NdArray[],
  inputs: Readonly<Record<string, NdArray>>,
  shapes: readonly (readonly number[])[],
): NdArray[] {
  const name = inputName(node.outputs[0]!);
  if (name !== undefined) {
    if (!inputs[name]) throw new Error(`no value for input ${name}`);
    return [inputs[name]];
  }
  const rule = rules[node.op.name];
  if (!rule) throw new Error(`the evaluator has no rule for ${node.op.name}`);
  return rule(operands, node.attributes as Attributes, shapes);
}

const unary =
  (f: (x: number) => number): Rule =>
  ([x]) => [ndarray(x!.shape, (i) => f(x!.data[i]!))];

const binary =
  (f: (a: number, b: number) => number): Rule =>
  ([a, b], _, [shape]) => {
    const y = ndarray(shape!);
    const [sa, sb] = [strides(a!.shape, shape), strides(b!.shape, shape)];
    forEachIndex(shape!, (index, i) => {
      y.data[i] = f(a!.data[offset(index, sa)]!, b!.data[offset(index, sb)]!);
    });
    return [y];
  };

const reduction =
  (start: number, f: (a: number, b: number) => number): Rule =>
  ([x], { axes }, [shape]) => {
    const y = ndarray(shape!, () => start);
    const kept = x!.shape.map((size, i) => ((axes as number[]).includes(i) ? 1 : size));
    const stride = strides(kept, x!.shape);
    forEachIndex(x!.shape, (index, i) => {
      const at = offset(index, stride);
      y.data[at] = f(y.data[at]!, x!.data[i]!);
    });
    return [y];
  };

/** erf by its Taylor series, and by a continued fraction where that converges faster. */
export function erf(x: number): number {
  const z = Math.abs(x);
  if (z > 6) return Math.sign(x);
  if (z < 3) {
    let term = z;
    let sum = z;
    for (let n = 1; Math.abs(term) > 1e-18 * sum; n++) {
      term *= (-z * z) / n;
      sum += term / (2 * n + 1);
    }
    return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let k = 60; k > 0; k--) fraction = k / 2 / (z + fraction);
  return Math.sign(x) * (1 - Math.exp(-z * z) / Math.sqrt(Math.PI) / (z + fraction));
}

/** Applies f to each run along the last axis. */
const lastAxis =
  (f: (row: Float64Array) => number[] | Float64Array): Rule =>
  ([x]) => {
    const size = x!.shape.at(-1)!;
    const y = ndarray(x!.shape);
    for (let at = 0; at < x!.data.length; at += size) y.data.set(f(x!.data.subarray(at, at + size)), at);
    return [y];
  };

const logSumExp = (row: Float64Array): number => {
  const top = Math.max(...row);
  return top + Math.log(row.reduce((sum, v) => sum + Math.exp(v - top), 0));
};

function matrixProduct(a: NdArray, b: NdArray, transA: boolean, transB: boolean): NdArray {
  const [m, k] = transA ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!];
  const n = transB ? b.shape[0]! : b.shape[1]!;
  const y = ndarray([m, n]);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++)
        sum += a.data[transA ? l * m + i : i * k + l]! * b.data[transB ? j * k + l : l * n + j]!;
      y.data[i * n + j] = sum;
    }
  return y;
}

const product: Rule = ([a, b, c], { transA, transB, alpha, beta }, [shape]) => {
  const y = matrixProduct(a!, b!, transA, transB);
  const stride = c && strides(c.shape, shape);
  forEachIndex(shape!, (index, i) => {
    y.data[i] = alpha * y.data[i]! + (c ? beta * c.data[offset(index, stride!)]! : 0);
  });
  return [y];
};

/** Rows of x rounded to 127ths of their largest magnitude, in float32 so that what is rounded up is the same; the rest is exact. */
const int8Product: Rule = ([x, values, scales], { alpha }) => {
  const [rows, width] = x!.shape as [number, number];
  const rounded = ndarray(x!.shape);
  const rowScales = Array.from({ length: rows }, (_, row) => {
    const own = x!.data.subarray(row * width, (row + 1) * width);
    const scale = Math.fround(Math.max(1e-30, ...own.map(Math.abs)) / 127);
    for (const [i, value] of own.entries())
      rounded.data[row * width + i] = roundHalfToEven(Math.fround(Math.fround(value) / scale));
    return scale;
  });
  const y = matrixProduct(rounded, values!, false, false);
  const columns = y.shape[1]!;
  const scaleOf = (column: number) => scales!.data[scales!.shape.length > 0 ? column : 0]!;
  for (const i of y.data.keys()) y.data[i]! *= alpha * rowScales[Math.floor(i / columns)]! * scaleOf(i % columns);
  return [y];
};

const gateSlope = (u: number, onePlusErf: number): number =>
  onePlusErf + ((2 * u) / Math.sqrt(Math.PI)) * Math.exp(-u * u);

const roundHalfToEven = (x: number): number => {
  const down = Math.floor(x);
  return x - down === 0.5 ? 2 * Math.round(x / 2) : Math.round(x);
};

const gather: Rule = ([x, indices], _, [shape]) => {
  const width = sizeOf(x!.shape.slice(1));
  const y = ndarray(shape!);
  for (const [i, row] of indices!.data.entries())
    y.data.set(x!.data.subarray(row * width, (row + 1) * width), i * width);
  return [y];
};

const rules: Readonly<Record<string, Rule>> = {
  constant: (_, { values, shape }) => [ndarray(shape, values as number[])],
  transpose: ([x], { perm }, [shape]) => {
    const stride = strides(x!.shape);
    const moved = (perm as number[]).map((axis) => stride[axis]!);
    const y = ndarray(shape!);
    forEachIndex(shape!, (index, i) => {
      y.data[i] = x!.data[offset(index, moved)]!;
    });
    return [y];
  },
  reshape: ([x], _, [shape]) => [ndarray(shape!, x!.data)],
  concat: (parts, { axis }, [shape]) => {
    const y = ndarray(shape!);
    let start = 0;
    for (const part of parts) {
      forEachIndex(part.shape, (index, i) => {
        const at = index.map((v, k) => (k === axis ? v + start : v));
        y.data[offset(at, strides(shape!))] = part.data[i]!;
      });
      start += part.shape[axis]!;
    }
    return [y];
  },
  slice: ([x], { axis, start }, [shape]) => {
    const y = ndarray(shape!);
    forEachIndex(shape!, (index, i) => {
      y.data[i] =
        x!.data[
          offset(
            index.map((v, k) => (k === axis ? v + start : v)),
            strides(x!.shape),
          )
        ]!;
    });
    return [y];
  },
  unslice: ([dy], { axis, start }, [shape]) => {
    const y = ndarray(shape!);
    forEachIndex(dy!.shape, (index, i) => {
      y.data[
        offset(
          index.map((v, k) => (k === axis ? v + start : v)),
          strides(shape!),
        )
      ] = dy!.data[i]!;
    });
    return [y];
  },
  broadcastLike: ([x], _, [shape]) => binary((a) => a)([x!, ndarray(shape!)], {}, [shape!]),
  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  mul: binary((a, b) => a * b),
  div: binary((a, b) => a / b),
  equal: binary((a, b) => (a === b ? 1 : 0)),
  neg: unary((x) => -x),
  exp: unary(Math.exp),
  log: unary(Math.log),
  sqrt: unary(Math.sqrt),
  tanh: unary(Math.tanh),
  sigmoid: unary((x) => 1 / (1 + Math.exp(-x))),
  relu: unary((x) => Math.max(0, x)),
  sign: unary(Math.sign),
  erf: unary(erf),
  stopGradient: unary((x) => x),
  scale: (x, { factor }, shapes) => unary((v) => v * factor)(x, {}, shapes),
  erfGate: (x, _, shapes) => [
    ...unary((u) => u * (1 + erf(u)))(x, {}, shapes),
    ...unary((u) => 1 + erf(u))(x, {}, shapes),
  ],
  erfGateSlope: ([u, onePlusErf], _, [shape]) => [ndarray(shape!, (i) => gateSlope(u!.data[i]!, onePlusErf!.data[i]!))],
  sum: reduction(0, (a, b) => a + b),
  max: reduction(-Infinity, Math.max),
  softmax: lastAxis((row) => row.map((v) => Math.exp(v - logSumExp(row)))),
  logSoftmax: lastAxis((row) => row.map((v) => v - logSumExp(row))),
  layerNorm: ([x, gamma, beta], { epsilon }, [shape, statistics]) => {
    const size = shape!.at(-1)!;
    const [y, mean, inverse] = [ndarray(shape!), ndarray(statistics!), ndarray(statistics!)];
    for (let row = 0; row < mean.data.length; row++) {
      const values = x!.data.subarray(row * size, (row + 1) * size);
      const m = values.reduce((a, b) => a + b, 0) / size;
      const variance = values.reduce((a, b) => a + (b - m) ** 2, 0) / size;
      mean.data[row] = m;
      inverse.data[row] = 1 / Math.sqrt(variance + epsilon);
      for (let i = 0; i < size; i++)
        y.data[row * size + i] = (values[i]! - m) * inverse.data[row]! * gamma!.data[i]! + beta!.data[i]!;
    }
    return [y, mean, inverse];
  },
  product,
  affine: product,
  fromBytes: ([bytes, factor], { zero }, [shape]) => [
    ndarray(shape!, (i) => (bytes!.data[i]! - zero) * factor!.data[0]!),
  ],
  erfGateKept: (x, _, [shape]) => [
    ...unary((u) => u * (1 + erf(u)))(x, {}, [shape!]),
    ...unary((u) => roundHalfToEven(100 * gateSlope(u, 1 + erf(u))) + 26)(x, {}, [shape!]),
  ],
  int8Product,
  int8Rows: ([values, scales], _, [shape]) => [
    ndarray(shape!, (i) => values!.data[i]! * scales!.data[Math.floor(i / shape![1]!)]!),
  ],
  matMul: ([a, b], _, [shape]) => {
    const [m, n] = shape!.slice(-2) as [number, number];
    const k = a!.shape.at(-1)!;
    const stack = shape!.slice(0, -2);
    const [sa, sb] = [a!, b!].map((x) => strides(x.shape.slice(0, -2), stack));
    const y = ndarray(shape!);
    forEachIndex(stack, (index, i) => {
      const matrix = (x: NdArray, stride: number[], rows: number, columns: number) => {
        const at = offset(index, stride) * rows * columns;
        return ndarray([rows, columns], x.data.subarray(at, at + rows * columns));
      };
      y.data.set(matrixProduct(matrix(a!, sa!, m, k), matrix(b!, sb!, k, n), false, false).data, i * m * n);
    });
    return [y];
  },
  gatherRows: gather,
  rowOfEach: gather,
  scatterAddRows: ([like, indices, rows]) => {
    const width = sizeOf(like!.shape.slice(1));
    const y = ndarray(like!.shape);
    for (const [i, row] of indices!.data.entries())
      for (let j = 0; j < width; j++) y.data[row * width + j]! += rows!.data[i * width + j]!;
    return [y];
  },
  distanceToPlace: ([x], { position = 0 }, [shape]) => {
    const y = ndarray(shape!);
    const length = shape!.at(-1)!;
    forEachIndex(shape!, (index, i) => {
      const [row, column] = index.slice(-2) as [number, number];
      const at = [...index.slice(0, -1), length - 1 + column - (row + position)];
      y.data[i] = x!.data[offset(at, strides(x!.shape))]!;
    });
    return [y];
  },
  placeToDistance: ([dy], { position = 0 }, [shape]) => {
    const y = ndarray(shape!);
    const length = dy!.shape.at(-1)!;
    forEachIndex(dy!.shape, (index, i) => {
      const [row, column] = index.slice(-2) as [number, number];
      const at = [...index.slice(0, -1), length - 1 + column - (row + position)];
      y.data[offset(at, strides(shape!))] = dy!.data[i]!;
    });
    return [y];
  },
  toHeads: ([x, index], { padding }, [shape]) => {
    const dim = shape![3]!;
    if (padding === "filled" && index!.data.some((row) => row < 0)) throw new Error("toHeads: padding is not filled");
    const y = ndarray(shape!);
    for (const [i, row] of index!.data.entries())
      if (row >= 0) y.data.set(x!.data.subarray(row * dim, (row + 1) * dim), i * dim);
    return [y];
  },
  fromHeads: ([x, unpadIndex], _, [shape]) => {
    const dim = x!.shape[3]!;
    const y = ndarray(shape!);
    for (const [i, row] of unpadIndex!.data.entries())
      y.data.set(x!.data.subarray(row * dim, (row + 1) * dim), i * dim);
    return [y];
  },
};

/** Ops the evaluator can compute, for the test that no op is left out. */
export const evaluated: ReadonlySet<string> = new Set(Object.keys(rules));
