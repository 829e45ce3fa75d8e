/** Probabilities of each label for each text, by models that a fine-tuning method has trained on the other folds. */
import { AttuneError } from "../base/error.ts";
import { prepareRun } from "../run/prepare-run.ts";
import { readRecipeFacts, settleOptions } from "../run/settle-options.ts";
import type { Dataset } from "../tables/dataset.ts";
import { initialState, trainEpochs } from "../train/trainer.ts";
import type { ResolvedAuditOptions } from "./audit-options.ts";
import type { AuditedTexts } from "./audited-texts.ts";
import { asProbabilities, type FoldContext, type OutOfFold, scored, spread, textsIn } from "./out-of-fold.ts";

/** With the options of the tuned recipe for as many texts; the weights of the last epoch answer, so that no held-out text chooses. */
export async function trainedProbabilities(
  texts: AuditedTexts,
  dataset: Dataset,
  { method, seed, threads, maxLength }: Pick<ResolvedAuditOptions, "method" | "seed" | "threads" | "maxLength">,
  { engine, model, foldOf, folds, signal, onFold }: FoldContext,
): Promise<OutOfFold> {
  const { examples, labels, multiLabel } = texts;
  const probabilities = new Float32Array(examples.length * labels.length);
  for (let fold = 0; fold < folds; fold++) {
    const answer = textsIn(foldOf, (one) => one === fold);
    const [train, test] = [examples.pick(textsIn(foldOf, (one) => one !== fold)), examples.pick(answer)];
    const data = { ...dataset, splits: { train, validation: test, test } };
    const asked = { model, data: "the folds", out: "nowhere", method, seed, threads, multiLabel };
    const facts = await readRecipeFacts(model, data);
    const options = settleOptions({ ...asked, ...(maxLength !== undefined && { maxLength }) }, facts);
    const prepared = await prepareRun({ ...options, earlyStopping: 0 }, engine, { signal, dataset: data });
    try {
      let logits = new Float32Array();
      const validate = async () => {
        const found = await prepared.evaluate("test");
        logits = new Float32Array(found.logits);
        return found.metrics;
      };
      for await (const _ of trainEpochs({ ...prepared.job, validate }, initialState()))
        if (signal?.aborted)
          throw new AttuneError("audit/interrupted", "stopped while a fold was trained", "interrupted");
      spread(asProbabilities(logits, labels.length, multiLabel), answer, labels.length, probabilities);
    } finally {
      await prepared.dispose();
    }
    onFold();
  }
  return { probabilities, tried: [scored(method, probabilities, examples.truths(), texts)] };
}
