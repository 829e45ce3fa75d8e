/** A model's weights into the store of a run; of those that are kept in 8 bits alone, one at a time is in float32. */
import { releasable } from "../base/releasable.ts";
import { sizeOf } from "../base/size-of.ts";
import type { ParameterStore, StoredParameter } from "../engine/parameter-store.ts";
import type { PretrainedModel } from "../pretrained/open-model.ts";

/** Fills `store`, whose parameters are `stored`, from the model's files; what these lack is drawn by `seed`. */
export function fillStore(
  model: Pick<PretrainedModel, "readInto">,
  stored: readonly StoredParameter[],
  store: Pick<ParameterStore, "host" | "quantize">,
  seed: number,
): void {
  const parameters = new Map(stored.map((parameter) => [parameter.name, parameter]));
  const largest = Math.max(...stored.map(({ shape, int8 }) => (int8 && !int8.float32 ? sizeOf(shape) : 0)));
  const scratch = releasable(Math.max(0, largest));
  const arrayOf = (name: string) =>
    (store.host[name]?.data as Float32Array | undefined) ??
    scratch.array.subarray(0, sizeOf(parameters.get(name)!.shape));
  try {
    model.readInto(arrayOf, seed, (name, values) => {
      if (parameters.get(name)!.int8) store.quantize(name, values);
    });
  } finally {
    scratch.release();
  }
}

/** One parameter's numbers, read anew: where a store has it in 8 bits alone. */
export function readAlone(
  model: Pick<PretrainedModel, "readInto">,
  parameters: readonly Pick<StoredParameter, "name" | "shape">[],
  name: string,
  seed: number,
): Float32Array {
  const array = new Float32Array(sizeOf(parameters.find((parameter) => parameter.name === name)!.shape));
  model.readInto((other) => (other === name ? array : undefined), seed);
  return array;
}
