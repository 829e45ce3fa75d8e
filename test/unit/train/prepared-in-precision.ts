/** A fixture's model with its method in a precision: the program, and the store that it reads. */
import { CpuStore } from "../../../src/engine/cpu-store.ts";
import { adaptModel, startAdded } from "../../../src/methods/adapt.ts";
import { chooseMethod } from "../../../src/methods/chosen-method.ts";
import { openModel } from "../../../src/pretrained/open-model.ts";
import { fillStore, readAlone } from "../../../src/run/fill-store.ts";
import { inPrecision, storedAsRead, type TrainPrecision } from "../../../src/train/precision.ts";
import { trainingProgram } from "../../../src/train/program.ts";

export interface Fixture {
  readonly method: string;
  readonly options: object;
  readonly semantics: "attune" | "peft";
  readonly head?: Parameters<typeof openModel>[2];
  readonly examples: { readonly ids: number[]; readonly label: number }[];
}

/** `largest` is the magnitude of the largest weight of a channel in 8 bits. */
export async function prepareInPrecision(
  folder: string,
  { method, options, semantics, head }: Fixture,
  precision: TrainPrecision,
  largest: number,
) {
  const model = await openModel(folder, undefined, head);
  const context = { semantics, trainHead: true, trainPooler: false, fresh: model.fresh };
  const adapted = adaptModel(model.encoder, chooseMethod(method, options), context);
  const { encoder, trained } = adapted;
  const program = trainingProgram(encoder, trained);
  const inInt8 = inPrecision({ precision }, adapted, { training: program.outputs });
  const outputs = inInt8.programs.training;
  const stored = storedAsRead(encoder.parameters, inInt8, largest);
  const store = new CpuStore(stored, { ...program, maxTokens: 400, gradientAccumulation: 1 });
  fillStore(model, stored, store, 0);
  const weights = (name: string) =>
    (store.host[name]?.data as Float32Array | undefined) ?? readAlone(model, stored, name, 0);
  startAdded(adapted, { seed: 0, weights, tokenize: () => Int32Array.of(1, 5, 2) });
  await store.upload();
  model.close();
  return { adapted, program, outputs, store };
}
