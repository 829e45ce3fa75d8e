/** Conclusions: sentences that follow from the numbers by rules, one function each. */
import { classes } from "./conclusions/classes.ts";
import { cost } from "./conclusions/cost.ts";
import { further } from "./conclusions/further.ts";
import { quality } from "./conclusions/quality.ts";
import type { Rule } from "./conclusions/rule.ts";
import { convergence, overfitting } from "./conclusions/training.ts";
import type { View } from "./view.ts";

export interface Conclusion {
  readonly topic: string;
  readonly sentences: readonly string[];
}

const topics: Readonly<Record<string, readonly Rule[]>> = {
  Quality: quality,
  "Computational cost": cost,
  Convergence: convergence,
  Overfitting: overfitting,
  Classes: classes,
  "What else the numbers show": further,
};

/** Topics of which nothing can be said are left out. */
export function conclusions(view: View): Conclusion[] {
  return Object.entries(topics)
    .map(([topic, rules]) => ({ topic, sentences: rules.flatMap((rule) => rule(view) ?? []) }))
    .filter(({ sentences }) => sentences.length > 0);
}
