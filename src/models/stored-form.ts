/** How a checkpoint holds a parameter where that differs from how the model computes with it: as a part, with other axes. */
import { sizeOf } from "../base/size-of.ts";

export interface StoredForm {
  /** Name of the checkpoint's tensor, which other parameters may be parts of as well. @default that of the parameter */
  readonly tensor?: string;
  /** Shape of that tensor. */
  readonly shape: readonly number[];
  /** The parameter is what stands from `start` on along `axis`. @default all of it */
  readonly part?: { readonly axis: number; readonly start: number };
  /** Axis i of the parameter is axis transposed[i] of the tensor. @default the axes as they are */
  readonly transposed?: readonly number[];
}

/** What has to be known of a parameter. */
interface Stored {
  readonly name: string;
  readonly shape: readonly number[];
  readonly stored?: StoredForm;
}

/** The name of the checkpoint's tensor. */
export const storedName = ({ name, stored }: Stored): string => stored?.tensor ?? name;

/** The shape of the checkpoint's tensor. */
export const storedShape = ({ shape, stored }: Stored): readonly number[] => stored?.shape ?? shape;

/** Fills `into` with a parameter's values, which `read` reads as the checkpoint has them. */
export function readStored(parameter: Stored, into: Float32Array, read: (tensor: Float32Array) => void): void {
  if (!parameter.stored) {
    read(into);
    return;
  }
  const tensor = new Float32Array(sizeOf(parameter.stored.shape));
  read(tensor);
  forEachRun(parameter, (own, stored, count, step) => {
    for (let i = 0; i < count; i++) into[own + i] = tensor[stored + i * step]!;
  });
}

/** The tensors of a checkpoint that hold these parameters. */
export function storedTensors(
  parameters: readonly Stored[],
  valuesOf: (name: string) => Float32Array,
): { readonly name: string; readonly shape: readonly number[]; readonly data: Float32Array }[] {
  const tensors = new Map<string, { name: string; shape: readonly number[]; data: Float32Array }>();
  for (const parameter of parameters) {
    const [name, shape, values] = [storedName(parameter), storedShape(parameter), valuesOf(parameter.name)];
    if (!parameter.stored) {
      tensors.set(name, { name, shape, data: values });
      continue;
    }
    const tensor = tensors.get(name) ?? { name, shape, data: new Float32Array(sizeOf(shape)) };
    tensors.set(name, tensor);
    forEachRun(parameter, (own, stored, count, step) => {
      for (let i = 0; i < count; i++) tensor.data[stored + i * step] = values[own + i]!;
    });
  }
  return [...tensors.values()];
}

/** Where each run along the parameter's last axis begins in both, and how far apart its values stand in the tensor. */
function forEachRun(
  { shape, stored }: Stored,
  visit: (own: number, stored: number, count: number, step: number) => void,
): void {
  const { shape: whole, part, transposed = whole.map((_, axis) => axis) } = stored!;
  const strides = whole.map((_, axis) => sizeOf(whole.slice(axis + 1)));
  const steps = transposed.map((axis) => strides[axis]!);
  const last = shape.length - 1;
  const count = shape[last]!;
  const index = new Array<number>(last).fill(0);
  const start = part ? part.start * strides[part.axis]! : 0;
  for (let own = 0; own < sizeOf(shape); own += count) {
    visit(
      own,
      index.reduce((at, i, axis) => at + i * steps[axis]!, start),
      count,
      steps[last]!,
    );
    for (let axis = last - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0;
  }
}
