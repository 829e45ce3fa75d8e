/** float64 arrays with a shape: the values of the evaluator. */

export interface NdArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export function ndarray(shape: readonly number[], values?: ArrayLike<number> | ((i: number) => number)): NdArray {
  const size = sizeOf(shape);
  const data =
    typeof values === "function"
      ? Float64Array.from({ length: size }, (_, i) => values(i))
      : values
        ? Float64Array.from(values)
        : new Float64Array(size);
  if (data.length !== size) throw new Error(`${data.length} values for shape [${shape}]`);
  return { shape, data };
}

/** Row-major strides; an axis of size 1 gets stride 0 where it is broadcast to `target`. */
export function strides(shape: readonly number[], target: readonly number[] = shape): number[] {
  const padded = [...new Array(target.length - shape.length).fill(1), ...shape];
  const result = new Array<number>(target.length).fill(0);
  let stride = 1;
  for (let axis = target.length - 1; axis >= 0; axis--) {
    result[axis] = padded[axis] === 1 && target[axis] !== 1 ? 0 : stride;
    stride *= padded[axis]!;
  }
  return result;
}

/** Calls `visit` with every index of a shape, in row-major order. */
export function forEachIndex(shape: readonly number[], visit: (index: readonly number[], flat: number) => void): void {
  const index = new Array<number>(shape.length).fill(0);
  const size = sizeOf(shape);
  for (let flat = 0; flat < size; flat++) {
    visit(index, flat);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
}

export const offset = (index: readonly number[], stride: readonly number[]): number =>
  index.reduce((sum, at, axis) => sum + at * stride[axis]!, 0);
