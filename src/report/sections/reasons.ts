/** Why optimizer, schedule, batch size and truncation are what they are, with the values that were used. */
import { grouped, percent } from "../../base/format.ts";
import { groupBy } from "../../base/group-by.ts";
import type { Fact, Section } from "../../document/document.ts";
import type { Imbalance } from "../../run/rare-label-options.ts";
import type { ResolvedTrainOptions } from "../../run/train-options.ts";
import { names } from "../conclusions/wording.ts";
import type { View } from "../view.ts";

export function reasonsSection(view: View): Section | undefined {
  if (view.trained.length === 0) return undefined;
  const all = view.trained.flatMap(({ runs }) => runs.map(({ facts }) => facts.options));
  const used = (of: (options: ResolvedTrainOptions) => unknown) =>
    [...new Set(all.map((options) => String(of(options))))].join(" or ");
  const batches = used(({ batchSize, gradientAccumulation }) =>
    gradientAccumulation > 1 ? `${batchSize} × ${gradientAccumulation}` : batchSize,
  );
  const { tokens, cutShare } = view.comparison.data;
  const limit = used(({ maxLength }) => (maxLength ? `${maxLength} tokens` : "as many tokens as the model takes"));
  const lengths = tokens
    ? ` Of the texts here, 95 % have at most ${grouped(tokens.p95)} tokens, and ${cutShare ? percent(cutShare) : "none"} ${cutShare ? "were" : "was"} cut.`
    : "";
  const items: readonly Fact[] = [
    [
      "Optimizer",
      `AdamW with β₁ ${used(({ beta1 }) => beta1)}, β₂ ${used(({ beta2 }) => beta2)}, ε ${used(({ epsilon }) => epsilon)}, weight decay ${used(({ weightDecay }) => weightDecay)}. ` +
        "Gradients of a transformer differ in size by orders of magnitude between layers and between rare and frequent words; Adam's step for each weight evens that out, where plain gradient descent would need a rate for each layer. " +
        "Decoupled decay leaves biases and LayerNorm alone, as in transformers.Trainer.",
    ],
    [
      "Schedule",
      `${capital(used(({ schedule }) => schedule))}, warm-up ${used(({ warmup }) => warmup)}. ` +
        "A rate that falls to zero (linear, cosine) lets the weights settle at the end, so that the last epochs can be compared; a constant one goes on moving them. A warm-up matters more the higher the rate, since Adam's moments are poorly known in the first steps.",
    ],
    [
      "Batch size",
      `${batches}. Devlin et al. (2019) fine-tune with 16 or 32. Smaller batches make more and noisier steps of an epoch, larger ones need more memory and a higher rate` +
        `${view.trained.length > 1 && !batches.includes(" or ") ? "; the same for every method means the same number of steps an epoch" : ""}.`,
    ],
    ["Uneven classes", unevenClasses(view)],
    [
      "Gradient clipping",
      `${capital(used(({ maxGradientNorm }) => (maxGradientNorm > 0 ? `norm ${maxGradientNorm}` : "off")))}. Where gradients are clipped, a single odd batch cannot throw the weights away.`,
    ],
    [
      "Truncation",
      `At ${limit}. The cost of attention grows with the square of the length, and the beginning of a text mostly suffices to classify it. Batches hold real tokens only and no padding, so a high limit costs short texts nothing.${lengths}`,
    ],
    [
      "Best epoch",
      `By validation ${used(({ bestMetric }) => bestMetric)}. The weights of that epoch are tested, not those of the last one: a method that overfits is judged by its best state, and no choice is made on test.`,
    ],
  ];
  return { id: "reasons", title: "Why it is trained so", blocks: [{ block: "facts", items }] };
}

/** What the training loss does about rare labels, and of which settings if they differ. */
function unevenClasses(view: View): string {
  const alike = [...groupBy(view.trained, ({ runs }) => onImbalance(runs[0]!.result.imbalance))];
  const told = alike.map(([text, settings]) =>
    alike.length > 1 ? `${names(view, settings)}: ${text}` : capital(text),
  );
  return `${told.join(". ")}. Validation and test losses are always without weights and smoothing, so that they can be compared.`;
}

function onImbalance({ classWeights, labelSmoothing, balance }: Imbalance): string {
  const weights = Object.entries(classWeights ?? {}).map(([label, weight]) => `${label} ${weight.toPrecision(3)}`);
  const measures = [
    ...(weights.length > 0 ? [`labels count in the training loss with the weights ${weights.join(", ")}`] : []),
    ...(labelSmoothing > 0 ? [`label smoothing ${labelSmoothing}`] : []),
    ...(balance === "oversample" ? ["texts of rare labels are drawn again until all labels are equally frequent"] : []),
  ];
  return measures.join("; ") || "every text counts once: no class weights, no label smoothing, no oversampling";
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
