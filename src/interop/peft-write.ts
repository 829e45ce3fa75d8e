/** Writes an adapter as PEFT has it: adapter_config.json and adapter_model.safetensors. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AttuneError } from "../base/error.ts";
import { writeWholeFolder } from "../base/write-whole.ts";
import type { ChosenMethod } from "../methods/chosen-method.ts";
import type { Semantics } from "../methods/semantics.ts";
import type { Encoder } from "../models/encoder.ts";
import { denseModule, isTransformersHead } from "../models/head-choice.ts";
import { type FileToWrite, writeFiles } from "../tokens/tokenizer-files.ts";
import { type TensorToWrite, writeSafetensors } from "../weights/safetensors.ts";
import { CONFIG, HEAD_MODULES, LABELS, WEIGHTS } from "./peft-files.ts";

/** The version whose files these are. */
const PEFT_VERSION = "0.21.0";
export interface AdapterToWrite {
  /** With options in the form in which the adapter is kept. */
  readonly method: ChosenMethod;
  readonly semantics: Semantics;
  /** The base, by path or by name on the Hub. */
  readonly base: string;
  /** The commit of a base on the Hub. */
  readonly revision?: string;
  readonly labels?: readonly string[];
  /** Of each label, where a text may have any number of them. */
  readonly thresholds?: readonly number[] | undefined;
  /** As the base is, with its head. */
  readonly encoder: Encoder;
  /** Added parameters, and those of the model that the base does not hold. */
  readonly tensors: readonly TensorToWrite[];
  /** Of the tokenizer, which says how long a text may be. */
  readonly files?: readonly FileToWrite[];
}

/**
 * Writes the folder whole or not at all.
 *
 * @throws AttuneError where PEFT has no such adapter
 */
export function writePeftAdapter(folder: string, adapter: AdapterToWrite): void {
  const { encoder, semantics } = adapter;
  const { name: methodName, method, options: chosen } = adapter.method;
  const { peft } = method;
  if (!peft) throw unwritable(`PEFT has no method like ${methodName}`);
  if (!isTransformersHead(encoder.head)) throw unwritable(`PEFT has no head like ${encoder.head.head}`);
  const refusal = peft.refusal?.(chosen, semantics, encoder);
  if (refusal) throw unwritable(refusal);
  const asTrained = { options: chosen, tensors: adapter.tensors };
  const { options, tensors } = peft.takenIn?.(encoder, chosen, adapter.tensors) ?? asTrained;
  const parts = new Map(encoder.parameters.map(({ name, part }) => [name, part]));
  const named = tensors.map((tensor) => {
    const part = parts.get(tensor.name);
    const name = part === undefined ? tensor.name : (peft.nameOf?.(encoder, options, tensor.name) ?? tensor.name);
    if (part === "pooler" && name !== tensor.name && name.endsWith("weight"))
      throw unwritable("its pooler was trained as a whole, and the method works on nothing else");
    return { ...tensor, name: `${part === undefined ? peft.addedPrefix : peft.prefix}${name}` };
  });
  const savesPooler = tensors.some(({ name }) => parts.get(name) === "pooler" && name.endsWith("weight"));
  const config = {
    auto_mapping: null,
    base_model_name_or_path: adapter.base,
    inference_mode: true,
    modules_to_save: [...(savesPooler ? [denseModule(encoder.classificationHead)] : []), ...HEAD_MODULES],
    peft_type: peft.type,
    peft_version: PEFT_VERSION,
    revision: adapter.revision ?? null,
    task_type: "SEQ_CLS",
    ...peft.write(encoder, options),
  };
  const sorted = Object.fromEntries(Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1)));
  const { labels, thresholds } = adapter;
  writeWholeFolder(folder, (partial) => {
    writeFileSync(join(partial, CONFIG), JSON.stringify(sorted, null, 2));
    if (labels)
      writeFileSync(join(partial, LABELS), `${JSON.stringify(thresholds ? { labels, thresholds } : labels)}\n`);
    writeFiles(partial, adapter.files ?? []);
    writeSafetensors(join(partial, WEIGHTS), named);
  });
}

const unwritable = (reason: string): AttuneError =>
  new AttuneError("export/peft", `this cannot be a PEFT adapter: ${reason}`);
