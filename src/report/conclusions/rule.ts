/** What a rule is that draws a conclusion. */
import type { View } from "../view.ts";

/** Says one thing or several, or nothing where the numbers do not bear it out. */
export type Rule = (view: View) => string | readonly string[] | undefined;
