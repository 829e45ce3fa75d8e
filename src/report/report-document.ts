/** The whole report, in the order in which it is read. */

import { plural } from "../base/format.ts";
import type { Document, Text } from "../document/document.ts";
import { code } from "../document/document.ts";
import { answerSection, conclusionsSection } from "./sections/answer.ts";
import { classesSection } from "./sections/class-sizes.ts";
import { confidenceSection } from "./sections/confidence.ts";
import { confusionSection } from "./sections/confusion.ts";
import { dataSection } from "./sections/data.ts";
import { errorsSection } from "./sections/errors.ts";
import { labelDecisionsSection } from "./sections/label-decisions.ts";
import { measuredSection, repeatSection } from "./sections/measured.ts";
import { methodsSection } from "./sections/methods.ts";
import { paretoSection } from "./sections/pareto.ts";
import { precisionSection } from "./sections/precision.ts";
import { precisionRecallSection } from "./sections/precision-recall.ts";
import { ranksSection } from "./sections/ranks.ts";
import { reasonsSection } from "./sections/reasons.ts";
import { recipesSection } from "./sections/recipes.ts";
import { resultsSection } from "./sections/results.ts";
import { textsSection } from "./sections/texts.ts";
import { curvesSection } from "./sections/training-curves.ts";
import type { View } from "./view.ts";

/** Of a report about one setting, and about several. */
export const TITLES = { one: "A way to fine-tune, measured", several: "Ways to fine-tune, compared" } as const;

export function reportDocument(view: View): Document {
  const sections = [
    answerSection(view),
    resultsSection(view),
    precisionSection(view),
    recipesSection(view),
    conclusionsSection(view),
    curvesSection(view),
    paretoSection(view),
    ranksSection(view),
    confusionSection(view),
    errorsSection(view),
    labelDecisionsSection(view),
    classesSection(view),
    precisionRecallSection(view),
    confidenceSection(view),
    textsSection(view),
    dataSection(view),
    methodsSection(view),
    reasonsSection(view),
    measuredSection(view),
    repeatSection(view),
  ];
  return {
    title: view.settings.length === 1 ? TITLES.one : TITLES.several,
    subtitle: subtitle(view),
    sections: sections.filter((section) => section !== undefined),
  };
}

function subtitle({ settings, comparison: { data, studies } }: View): Text {
  const runs = settings.reduce((sum, setting) => sum + setting.runs.length, 0);
  const models = [...new Set(studies.map(({ model }) => lastPart(model)))];
  return [
    ...models.flatMap((model, i) => (i > 0 ? [", ", code(model)] : [code(model)])),
    " on ",
    code(lastPart(data.path)),
    `: ${plural(settings.length, "setting")}, ${plural(runs, "run")}, ${plural(data.labels.length, "label")}`,
  ];
}

/** A folder's own name, and the one before it. */
const lastPart = (path: string): string =>
  path
    .split(/[/\\]/)
    .filter((part) => part && part !== "." && part !== "..")
    .slice(-2)
    .join("/");
