/** What comes with the package, by names that mean the same in every checkout and installation: no path of one machine. */
import { fileURLToPath } from "node:url";
import { AttuneError } from "../base/error.ts";
import { didYouMean } from "../base/nearest.ts";

/** The encoder that is trained where no other is named. */
export const MINI = "attune:mini";
/** Short texts in six emotions. */
export const EMOTIONS = "attune:emotions";

const PREFIX = "attune:";

interface Included {
  /** From the package's own folder. */
  readonly folder: string;
  /** What the user should know. */
  readonly note: string;
}

const included: Readonly<Record<string, Included>> = {
  [MINI]: { folder: "models/mini", note: `The model is the mini encoder that comes with Attune, ${MINI}.` },
  [EMOTIONS]: { folder: "data/emotions", note: `The data are the emotions that come with Attune, ${EMOTIONS}.` },
};

/** Whether a text names something in the package, be it there or not. */
export const isIncluded = (name: string): boolean => name.startsWith(PREFIX);

/** Where it is in this package, and what to say of it. */
export function openIncluded(name: string): { readonly path: string; readonly notes: readonly string[] } {
  const found = included[name];
  if (!found) {
    const names = Object.keys(included);
    const instead = didYouMean(name, names, `it has ${names.join(" and ")}`, (meant) => meant);
    throw new AttuneError("included/unknown", `there is no ${name} in Attune; ${instead}`);
  }
  // Beside src/ as beside dist/.
  return { path: fileURLToPath(new URL(`../../${found.folder}`, import.meta.url)), notes: [found.note] };
}
