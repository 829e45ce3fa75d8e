/** A run in the precision that was asked for, where that changes no more than it may: measured, before anything is trained. */
import { AttuneError } from "../base/error.ts";
import type { Engine } from "../engine/engine.ts";
import type { TrainPrecision } from "../train/precision.ts";
import { checkPrecision, type PrecisionCheck, whyNotInt8 } from "./precision-check.ts";
import { type PrepareContext, type PreparedRun, prepareRun } from "./prepare-run.ts";
import type { ResolvedTrainOptions } from "./train-options.ts";

/** What was measured, and the precision in which the run was then done. */
export interface PrecisionFacts {
  readonly used: TrainPrecision;
  readonly check: PrecisionCheck;
  /**
   * What the largest weight of a channel becomes in 8 bits: 127, or 64 on processors that add two products in 16 bits; runs of
   * older versions do not say.
   */
  readonly largestWeight?: number;
}

/**
 * `prepareRun`, in float32 where 8 bits change too much.
 *
 * @throws AttuneError as `prepareRun` does, and with `strict` instead of falling back
 */
export async function prepareChecked(
  options: ResolvedTrainOptions,
  engine: Engine,
  context: PrepareContext,
): Promise<{ readonly prepared: PreparedRun; readonly precision?: PrecisionFacts }> {
  const prepared = await prepareRun(options, engine, context);
  if (options.precision === "float32") return { prepared };
  let reason: string | undefined;
  let check: PrecisionCheck;
  try {
    check = await checkPrecision(prepared, engine);
    reason = whyNotInt8(check);
    if (reason !== undefined && options.strict)
      throw new AttuneError(
        "run/precision",
        `${options.model}: ${reason}; train with precision float32, or without strict`,
      );
  } catch (error) {
    await prepared.dispose();
    throw error;
  }
  const largestWeight = await engine.largestInt8();
  if (reason === undefined) return { prepared, precision: { used: options.precision, check, largestWeight } };
  await prepared.dispose();
  const instead = await prepareRun({ ...options, precision: "float32" }, engine, context);
  const note = `This run is in float32 and not in ${options.precision}: ${reason}.`;
  return {
    prepared: { ...instead, notes: [...instead.notes, note] },
    precision: { used: "float32", check, largestWeight },
  };
}
