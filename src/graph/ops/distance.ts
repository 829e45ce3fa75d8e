/** Ops between values by distance, which are alike for all rows, and values by place: relative attention by moving memory alone. */
import { type Dim, productOf, type Shape, shapeText } from "../dim.ts";
import { apply, type LowerContext, type Op, type Tensor } from "../tensor.ts";

/**
 * `length`: how many places there are. `position`: the place of the one row that there is; without it there is a row for
 * each place.
 */
type PlaceAttributes = { readonly length: Dim; readonly position?: number };

const rowsOf = ({ length, position }: PlaceAttributes): Dim => (position === undefined ? length : 1);
const byDistance = (length: Dim): Dim => productOf([2, length]);

function inferColumns(shape: Shape, attributes: PlaceAttributes, from: Dim, to: Dim): Shape | string {
  const rows = rowsOf(attributes);
  return shape.length >= 2 && shape.at(-2) === rows && shape.at(-1) === from
    ? [...shape.slice(0, -1), to]
    : `needs ${shapeText([rows, from])} as its last two axes`;
}

/**
 * Values by distance to values by place, along the last two axes: y[i, j] = x[i, length - 1 + j - i], [length, 2 · length] →
 * [length, length]. Column c of x holds the distance c - (length - 1); the last one is read by nobody. Read in a row, with
 * its first length - 1 values left out, x has the rows of y one after the other, each with length - 1 values behind it: two
 * slices of memory, and no value is looked up by itself.
 */
export const distanceToPlaceOp: Op<[Tensor], PlaceAttributes> = {
  name: "distanceToPlace",
  infer: ([x], attributes) => {
    const { length } = attributes;
    const shape = inferColumns(x.shape, attributes, byDistance(length), length);
    return typeof shape === "string" ? shape : [{ dtype: x.dtype, shape }];
  },
  grad: (dy, { attributes }) => [apply(placeToDistanceOp, [dy], attributes)],
  operations: "none",
  rowOperands: (axis, rank, { attributes }) =>
    axis < rank - 2 || (axis === rank - 2 && attributes.position === undefined) ? [0] : [],
  atPosition: (attributes, position) => ({ ...attributes, position }),
  onnx: (context) => {
    const { node, inputs, types, constant, attributes } = context;
    const last = constant("int64", [types[0]!.shape.length - 1], [1]);
    const { length, before } = sizesOf(context);
    if (attributes.position !== undefined)
      return node("Slice", [inputs[0]!, before, node("Add", [before, length])[0]!, last]);
    const flat = node("Reshape", [inputs[0]!, shapeOf(context, false)])[0]!;
    const axis = constant("int64", [types[0]!.shape.length - 2], [1]);
    const inside = node("Slice", [flat, before, constant("int64", [-1], [1]), axis])[0]!;
    const wide = node("Reshape", [inside, shapeOf(context, true)])[0]!; // [length, 2 · length - 1]
    return node("Slice", [wide, constant("int64", [0], [1]), length, last]);
  },
};

/** The gradient of distanceToPlace: each value where it was read, zero elsewhere. */
export const placeToDistanceOp: Op<[Tensor], PlaceAttributes> = {
  name: "placeToDistance",
  infer: ([dy], attributes) => {
    const { length } = attributes;
    const shape = inferColumns(dy.shape, attributes, length, byDistance(length));
    return typeof shape === "string" ? shape : [{ dtype: dy.dtype, shape }];
  },
  grad: "none",
  operations: "none",
  onnx: (context) => {
    const { node, inputs, types, constant, attributes } = context;
    const { before } = sizesOf(context);
    const pad = (x: string, front: string, back: string, axis: number) => {
      const pads = node("Concat", [front, back], { axis: 0 })[0]!;
      return node("Pad", [x, pads, "", constant("int64", [axis], [1])])[0]!;
    };
    const number = (value: number) => constant("int64", [value], [1]);
    const last = types[0]!.shape.length - 1;
    if (attributes.position !== undefined) return [pad(inputs[0]!, before, number(attributes.position + 1), last)];
    const wide = pad(inputs[0]!, number(0), before, last); // [length, 2 · length - 1]
    const flat = node("Reshape", [wide, shapeOf(context, false)])[0]!;
    return node("Reshape", [pad(flat, before, number(1), last - 1), shapeOf(context, true)]);
  },
};

/** The length, and in which column the first row's first value stands, as lists of one number. */
function sizesOf({ node, inputs, types, constant, shared, attributes }: LowerContext<PlaceAttributes>) {
  const { length: size, position = 0 } = attributes;
  if (typeof size === "number")
    return { length: constant("int64", [size], [1]), before: constant("int64", [size - 1 - position], [1]) };
  const columns = types[0]!.shape.at(-1) === size ? 1 : 2;
  const length = shared(`places:${size}`, () => {
    const last = constant("int64", [types[0]!.shape.length - 1], [1]);
    const found = node("Gather", [node("Shape", [inputs[0]!])[0]!, last])[0]!;
    return node("Div", [found, constant("int64", [columns], [1])])[0]!;
  });
  const before = shared(
    `places before:${size}:${position}`,
    () => node("Sub", [length, constant("int64", [1 + position], [1])])[0]!,
  );
  return { length, before };
}

/** The shape of the value with its last two axes in one, or apart again. */
function shapeOf(context: LowerContext<PlaceAttributes>, apart: boolean): string {
  const { node, types, constant, shared, attributes } = context;
  const kept = new Array(types[0]!.shape.length - 2).fill(0);
  if (!apart) return constant("int64", [...kept, -1], [kept.length + 1]);
  const { length } = sizesOf(context);
  return shared(`places apart:${attributes.length}:${kept.length}`, () =>
    kept.length === 0
      ? node("Concat", [length, constant("int64", [-1], [1])], { axis: 0 })[0]!
      : node("Concat", [constant("int64", kept, [kept.length]), length, constant("int64", [-1], [1])], { axis: 0 })[0]!,
  );
}

export function distanceToPlace(x: Tensor): Tensor {
  return apply(distanceToPlaceOp, [x], { length: x.shape.at(-2) ?? 0 });
}
