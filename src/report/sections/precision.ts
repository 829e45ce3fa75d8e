/** Runs with precision int8: test figures in 8 bits and in float32 side by side, and what 8 bits changed before training. */
import { metric, percent } from "../../base/format.ts";
import { mean } from "../../base/spread.ts";
import type { ComparedRun, Setting } from "../../comparison/comparison.ts";
import { type Block, code, list, paragraph, remark, type Section } from "../../document/document.ts";
import { PRECISION_BOUNDS, precisionErrors, whyNotInt8 } from "../../run/precision-check.ts";
import type { PrecisionFacts } from "../../run/prepare-checked.ts";
import type { RunResult } from "../../run/run-result.ts";
import { colourOf, type View } from "../view.ts";

/** What all runs of a setting that was to be in 8 bits measured, or undefined for others. */
function checksOf({ runs }: Setting): readonly PrecisionFacts[] | undefined {
  const found = runs.flatMap(({ facts }) => facts.precision ?? []);
  return found.length > 0 ? found : undefined;
}

/** In which precision a setting was computed, where it was to be in 8 bits. */
export function precisionOf(setting: Setting): string | undefined {
  const checks = checksOf(setting);
  if (!checks) return undefined;
  const inBytes = checks.filter(({ used }) => used !== "float32");
  const asked = inBytes[0]?.used ?? setting.runs[0]!.facts.options.precision;
  if (inBytes.length === checks.length) return asked;
  return inBytes.length === 0
    ? `float32 instead of ${asked}`
    : `${asked} in ${inBytes.length} of ${checks.length} runs, else float32`;
}

export function precisionSection(view: View): Section | undefined {
  const settings = view.settings.filter((setting) => checksOf(setting));
  if (settings.length === 0) return undefined;
  const texts = Math.max(...settings.flatMap((setting) => checksOf(setting)!.map(({ check }) => check.texts)));
  const largest = settings.flatMap((setting) => checksOf(setting)!.map(({ largestWeight }) => largestWeight));
  const ranges = [...new Set(largest)].filter((one) => one !== undefined).map((one) => `±${one}`);
  const { logits, loss, gradients } = PRECISION_BOUNDS;
  return {
    id: "precision",
    title: "8-bit products beside float32",
    blocks: [
      paragraph(
        "These runs were to compute products in 8 bits: those with weights that are not trained (--precision int8), or with trained ones too (int8-all). Each one was tested twice, with the same trained weights: in 8 bits, as it was trained, and in float32, as its exported model computes.",
      ),
      figures(view, settings),
      remark(
        `Change before training: how far logits, loss and gradients of ${texts} texts are from those in float32, as a share of these; with several seeds the largest. Above ${percent(logits)}, ${percent(loss)} or ${percent(gradients)} a run is in float32.${ranges.length > 0 ? ` Weights are whole numbers within ${ranges.join(" or ")}, which depends on the processor.` : ""}`,
      ),
      ...fallbacks(settings),
    ],
  };
}

function figures(view: View, settings: readonly Setting[]): Block {
  const rows = settings.map((setting) => {
    const errors = checksOf(setting)!.map(({ check }) => precisionErrors(check));
    const most = (of: (error: (typeof errors)[number]) => number) => percent(Math.max(...errors.map(of)));
    const inFloat32 = setting.runs.flatMap(({ result }) => result.testFloat32 ?? []);
    const both = (of: (metrics: RunResult["test"]) => number) => [
      metric(mean(setting.runs.map(({ test }) => of(test)))),
      inFloat32.length === setting.runs.length ? metric(mean(inFloat32.map(of))) : "–",
    ];
    return [
      { text: view.name(setting), colour: colourOf(setting), below: precisionOf(setting)! },
      ...both(({ accuracy }) => accuracy),
      ...both(({ f1 }) => f1),
      most(({ logits }) => logits),
      most(({ loss }) => loss),
      most(({ gradients }) => gradients),
    ];
  });
  const change = ["Logits", "Loss", "Gradients"].map((title) => ({ title, note: "change", figures: true }));
  const quality = [view.multiLabel ? "Subset accuracy" : "Accuracy", "Macro F1"].flatMap((title) => [
    { title, note: "as trained", figures: true },
    { title, note: "in float32", figures: true },
  ]);
  return { block: "table", columns: [{ title: "Method" }, ...quality, ...change], groups: [{ rows }] };
}

/** Why runs are in float32 that were to be in 8 bits. */
function fallbacks(settings: readonly Setting[]): Block[] {
  const reasonOf = ({ planned, facts: { precision } }: ComparedRun) =>
    precision?.used === "float32"
      ? [[code(planned.name), ` is in float32: ${whyNotInt8(precision.check) ?? "8-bit products change too much"}.`]]
      : [];
  const found = settings.flatMap(({ runs }) => runs.flatMap(reasonOf));
  return found.length > 0 ? [list(found)] : [];
}
