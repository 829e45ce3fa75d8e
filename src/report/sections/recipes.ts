/** Controlled and tuned side by side: what a fair learning rate changes. */
import { metric, timeSpan } from "../../base/format.ts";
import type { Setting } from "../../comparison/comparison.ts";
import { type Cell, remark, type Section } from "../../document/document.ts";
import { colourOf, isTrained, type View } from "../view.ts";

const [FROM, TO] = ["controlled", "tuned"] as const;

export function recipesSection(view: View): Section | undefined {
  if (!view.recipes.includes(FROM) || !view.recipes.includes(TO)) return undefined;
  const pairs = view.settings.flatMap((from) => {
    const to = view.settings.find(
      ({ recipe, title, method }) => recipe === TO && method === from.method && title === from.title,
    );
    return from.recipe === FROM && to && isTrained(from) ? [{ from, to }] : [];
  });
  if (pairs.length === 0) return undefined;
  const best = (of: (setting: Setting) => number, side: "from" | "to") =>
    Math.max(...pairs.map((pair) => of(pair[side])));
  const f1 = ({ test }: Setting) => test.f1.value;
  const accuracy = ({ test }: Setting) => test.accuracy.value;
  const figure = (of: (setting: Setting) => number, side: "from" | "to", setting: Setting): Cell => ({
    text: metric(of(setting)),
    best: pairs.length > 1 && of(setting) === best(of, side),
  });
  return {
    id: "recipes",
    title: "What a fair learning rate changes",
    blocks: [
      {
        block: "table",
        columns: [
          { title: "Method" },
          { title: "Learning rate", note: FROM, figures: true },
          { title: "Learning rate", note: TO, figures: true },
          { title: "Macro F1", note: FROM, figures: true },
          { title: "Macro F1", note: TO, figures: true },
          { title: "Change", figures: true },
          { title: "Accuracy", note: FROM, figures: true },
          { title: "Accuracy", note: TO, figures: true },
          { title: "Change", figures: true },
          ...(view.timed
            ? [
                { title: "Total time", note: FROM, figures: true },
                { title: "Total time", note: TO, figures: true },
              ]
            : []),
        ],
        groups: [
          {
            rows: pairs.map(({ from, to }) => [
              { text: view.shortName(from), colour: colourOf(from) },
              rate(from),
              rate(to),
              figure(f1, "from", from),
              figure(f1, "to", to),
              change(f1(to) - f1(from)),
              figure(accuracy, "from", from),
              figure(accuracy, "to", to),
              change(accuracy(to) - accuracy(from)),
              ...(view.timed ? [timeSpan(from.cost.totalSeconds), timeSpan(to.cost.totalSeconds)] : []),
            ]),
          },
        ],
      },
      remark(
        "On test. Under the controlled recipe every method has the same learning rate, which suits some and starves others; under the tuned one each has its own.",
      ),
    ],
  };
}

const change = (value: number): string => `${value < 0 ? "−" : "+"}${metric(Math.abs(value))}`;
const rate = ({ runs }: Setting): string => runs[0]!.facts.options.learningRate.toExponential();
