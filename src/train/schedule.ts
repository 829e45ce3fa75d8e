/** Learning-rate schedules: step → factor of the learning rate, as transformers.Trainer has them. */

export const scheduleNames = ["linear", "cosine", "constant"] as const;
export type ScheduleName = (typeof scheduleNames)[number];

/**
 * The factor for optimizer step `step` (from 0). The first step of a warm-up has rate 0; `linear` then falls to 0 at
 * `totalSteps`, `cosine` follows half a cosine wave to 0, `constant` stays at 1.
 */
export function scheduleFactor(name: ScheduleName, step: number, warmupSteps: number, totalSteps: number): number {
  if (step < warmupSteps) return step / Math.max(1, warmupSteps);
  const progress = (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
  if (name === "linear") return Math.max(0, 1 - progress);
  if (name === "cosine") return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)));
  return 1;
}

/** Warm-up given as a number of steps (1 or more) or as a share of all steps (below 1), rounded up as in Trainer. */
export function warmupSteps(warmup: number, totalSteps: number): number {
  return warmup < 1 ? Math.ceil(warmup * totalSteps) : Math.floor(warmup);
}

/** What to know of a warm-up that leaves no step at the full rate; undefined where one does. */
export function warmupNote(
  { warmup, learningRate }: { readonly warmup: number; readonly learningRate: number },
  totalSteps: number,
): string | undefined {
  const steps = warmupSteps(warmup, totalSteps);
  if (steps === 0 || steps < totalSteps) return undefined;
  const highest = learningRate * scheduleFactor("constant", totalSteps - 1, steps, totalSteps);
  const rate = Number(highest.toPrecision(2));
  return `The warm-up of ${steps} ${steps === 1 ? "step" : "steps"} does not end within the run, which has ${totalSteps}: the learning rate gets to ${rate} and not to ${learningRate}.`;
}
