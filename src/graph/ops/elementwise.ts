/** Elementwise ops. Binary ones broadcast as NumPy does; the gradient driver undoes the broadcast. */
import { type Shape, shapeText } from "../dim.ts";
import { perElement } from "../operations.ts";
import { apply, type Op, type Tensor, type TensorType } from "../tensor.ts";
import { constant } from "./leaf.ts";

type None = Record<never, never>;
type Unary = Op<[Tensor], None>;
type Binary = Op<[Tensor, Tensor], None>;

/** The shape two operands broadcast to, or undefined: a size must equal the other or be 1. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const shape = [];
  for (let i = 0; i < rank; i++) {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return undefined;
    shape.push(x === 1 ? y : x);
  }
  return shape;
}

function inferBinary([a, b]: readonly [TensorType, TensorType]): readonly TensorType[] | string {
  if (a.dtype !== b.dtype) return "needs operands of one type";
  const shape = broadcastShapes(a.shape, b.shape);
  return shape ? [{ dtype: a.dtype, shape }] : "has shapes that do not broadcast";
}

function inferUnary([x]: readonly [TensorType]): readonly TensorType[] | string {
  return x.dtype === "float32" ? [{ dtype: x.dtype, shape: x.shape }] : "needs float32";
}

const binary = (name: string, onnx: Binary["onnx"], grad: Binary["grad"]): Binary => ({
  name,
  infer: inferBinary,
  grad,
  operations: perElement(1),
  rowOperands: () => [0, 1],
  remake: "cheap",
  onnx,
});
const unary = (name: string, onnx: string, grad: Unary["grad"]): Unary => ({
  name,
  infer: inferUnary,
  grad,
  operations: perElement(1),
  rowOperands: () => [0],
  onnx,
});

export const addOp = binary("add", "Add", (dy) => [dy, dy]);
export const subOp = binary("sub", "Sub", (dy) => [dy, neg(dy)]);
export const mulOp = binary("mul", "Mul", (dy, { x: [a, b] }) => [mul(dy, b), mul(dy, a)]);
// d(a/b) = da/b - (a/b) db/b
export const divOp = binary("div", "Div", (dy, { x: [, b], y }) => [div(dy, b), neg(div(mul(dy, y[0]!), b))]);
/** 1 where a equals b, else 0. */
export const equalOp = binary("equal", ({ node, inputs }) => node("Cast", node("Equal", inputs), { to: 1 }), "none");

export const negOp = unary("neg", "Neg", (dy) => [neg(dy)]);
export const expOp = unary("exp", "Exp", (dy, { y }) => [mul(dy, y[0]!)]);
export const logOp = unary("log", "Log", (dy, { x }) => [div(dy, x[0])]);
export const sqrtOp = unary("sqrt", "Sqrt", (dy, { y }) => [scale(div(dy, y[0]!), 0.5)]);
// d tanh(x) = (1 - tanh²(x)) dx
export const tanhOp = unary("tanh", "Tanh", (dy, { y }) => [mul(dy, sub(constant(1), mul(y[0]!, y[0]!)))]);
// d σ(x) = σ(x) (1 - σ(x)) dx
export const sigmoidOp = unary("sigmoid", "Sigmoid", (dy, { y }) => [mul(dy, mul(y[0]!, sub(constant(1), y[0]!)))]);
// y is 0 or positive, so its sign is the derivative
export const reluOp = unary("relu", "Relu", (dy, { y }) => [mul(dy, sign(y[0]!))]);
export const signOp = unary("sign", "Sign", "none");
// d erf(x) = 2/√π exp(-x²) dx
export const erfOp = unary("erf", "Erf", (dy, { x: [x] }) => [
  mul(dy, scale(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI))),
]);

/** x itself, through which no gradient flows: what it is made from counts as fixed (the norm of a weight in DoRA). */
export const stopGradientOp: Unary = { ...unary("stopGradient", "Identity", () => [null]), operations: "none" };

/** Multiplication by a number that is known when the program is built; the compiler folds it into matrix products. */
export const scaleOp: Op<[Tensor], { readonly factor: number }> = {
  name: "scale",
  infer: inferUnary,
  grad: (dy, { attributes: { factor } }) => [scale(dy, factor)],
  operations: perElement(1),
  rowOperands: () => [0],
  remake: "cheap",
  onnx: ({ node, inputs, constant: fixed, attributes: { factor } }) =>
    node("Mul", [inputs[0]!, fixed("float32", [factor], [])]),
};

/**
 * u (1 + erf u): GELU without its constants, gelu(x) = gate(x/√2)/√2, so that they fold into the products around it.
 * The by-product 1 + erf u is what the gradient needs: gate'(u) = 1 + erf u + u 2/√π exp(-u²).
 */
export const erfGateOp: Op<[Tensor], None> = {
  name: "erfGate",
  infer: (inputs) => {
    const type = inferUnary(inputs);
    return typeof type === "string" ? type : [type[0]!, type[0]!];
  },
  grad: (dy, { x: [u], y: [, onePlusErf] }) => [mul(dy, erfGateSlope(u, onePlusErf!))],
  operations: perElement(3),
  rowOperands: () => [0],
  remake: "cheap",
  onnx: ({ node, inputs: [u], constant: fixed }) => {
    const [onePlusErf] = node("Add", [node("Erf", [u!])[0]!, fixed("float32", [1], [])]);
    return [node("Mul", [u!, onePlusErf!])[0]!, onePlusErf!];
  },
};

/** gate'(u) of `erfGateOp` from u and 1 + erf u, between -0.26 and 2.26. */
export const erfGateSlopeOp: Op<[Tensor, Tensor], None> = {
  name: "erfGateSlope",
  infer: inferBinary,
  grad: "none",
  operations: perElement(5),
  rowOperands: () => [0, 1],
  onnx: ({ node, inputs: [u, onePlusErf], constant: fixed }) => {
    // One exponential with the factor inside: exp(ln(2/√π) - u²).
    const factor = fixed("float32", [Math.log(2 / Math.sqrt(Math.PI))], []);
    const density = node("Exp", node("Sub", [factor, node("Mul", [u!, u!])[0]!]))[0]!;
    return node("Add", [onePlusErf!, node("Mul", [u!, density])[0]!]);
  },
};

export function add(a: Tensor, b: Tensor): Tensor {
  return apply(addOp, [a, b], {});
}
export function sub(a: Tensor, b: Tensor): Tensor {
  return apply(subOp, [a, b], {});
}
export function mul(a: Tensor, b: Tensor): Tensor {
  return apply(mulOp, [a, b], {});
}
export function div(a: Tensor, b: Tensor): Tensor {
  return apply(divOp, [a, b], {});
}
export function equal(a: Tensor, b: Tensor): Tensor {
  return apply(equalOp, [a, b], {});
}
export function neg(x: Tensor): Tensor {
  return apply(negOp, [x], {});
}
export function exp(x: Tensor): Tensor {
  return apply(expOp, [x], {});
}
export function log(x: Tensor): Tensor {
  return apply(logOp, [x], {});
}
export function sqrt(x: Tensor): Tensor {
  return apply(sqrtOp, [x], {});
}
export function tanh(x: Tensor): Tensor {
  return apply(tanhOp, [x], {});
}
export function sigmoid(x: Tensor): Tensor {
  return apply(sigmoidOp, [x], {});
}
export function relu(x: Tensor): Tensor {
  return apply(reluOp, [x], {});
}
export function sign(x: Tensor): Tensor {
  return apply(signOp, [x], {});
}
export function erf(x: Tensor): Tensor {
  return apply(erfOp, [x], {});
}
export function stopGradient(x: Tensor): Tensor {
  return apply(stopGradientOp, [x], {});
}
export function scale(x: Tensor, factor: number): Tensor {
  return apply(scaleOp, [x], { factor });
}
export function erfGate(u: Tensor): Tensor {
  return apply(erfGateOp, [u], {});
}
export function erfGateSlope(u: Tensor, onePlusErf: Tensor): Tensor {
  return apply(erfGateSlopeOp, [u, onePlusErf], {});
}

/** Says which shapes met, for errors raised above the ops. */
export const shapesText = (...tensors: readonly TensorType[]): string =>
  tensors.map((t) => shapeText(t.shape)).join(" and ");
