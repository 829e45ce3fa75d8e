/** Each method explained, and where the values of its options come from; why the shared ones are what they are. */

import type { Setting } from "../../experiment/comparison.ts";
import { type Recipe, recipes as recipesByName } from "../../experiment/recipes.ts";
import { methodOf } from "../../methods/registry.ts";
import { type Block, code, link, list, paragraph, remark, type Section, strong, type Text } from "../document.ts";
import { methodsIn, type View } from "../view.ts";

export function methodsSection(view: View): Section {
  const methods = methodsIn(view.settings);
  return {
    id: "methods",
    title: "The methods, and where their options come from",
    blocks: [
      ...methods.flatMap((method): Block[] => {
        const { title, about, chooseWhen, paper } = methodOf(method);
        return [
          { block: "heading", text: title },
          paragraph([
            about,
            " ",
            strong(chooseWhen),
            ...(paper ? [" Paper: ", link(paper.title, paper.url), "."] : []),
          ]),
          ...optionTable(
            view,
            view.settings.filter((setting) => setting.method === method),
          ),
        ];
      }),
      ...recipeNotes(view),
    ],
  };
}

const shown = (value: unknown): string => (typeof value === "object" ? JSON.stringify(value) : String(value));

/** One row for each value of an option, with the settings that have it where they differ. */
function optionTable(view: View, settings: readonly Setting[]): Block[] {
  const rows = new Map<
    string,
    { recipe: string; option: string; value: string; source: string; settings: Setting[] }
  >();
  for (const setting of settings) {
    const { options, sources } = setting.runs[0]!.planned;
    for (const [option, source] of Object.entries(sources)) {
      const value = shown(options[option as keyof typeof options]);
      const key = JSON.stringify([setting.recipe, option, value, source]);
      const row = rows.get(key) ?? { recipe: setting.recipe, option, value, source, settings: [] };
      row.settings.push(setting);
      rows.set(key, row);
    }
  }
  if (rows.size === 0) return [];
  const groups = view.recipes.flatMap((recipe) => {
    const own = [...rows.values()].filter((row) => row.recipe === recipe);
    const all = settings.filter((setting) => setting.recipe === recipe).length;
    return own.length === 0
      ? []
      : [
          {
            ...(view.recipes.length > 1 && { title: `Recipe: ${recipe}` }),
            rows: own.map(({ option, value, source, settings: having }): readonly Text[] => [
              [code(option)],
              having.length < all
                ? [value, ` (${having.map(({ title }) => title.split(", ").slice(1).join(", ") || title).join("; ")})`]
                : value,
              source,
            ]),
          },
        ];
  });
  return [
    {
      block: "more",
      summary: "Its options and their sources",
      blocks: [
        { block: "table", columns: [{ title: "Option" }, { title: "Value" }, { title: "From", wide: true }], groups },
      ],
    },
  ];
}

function recipeNotes({ recipes }: View): Block[] {
  const known: Readonly<Record<string, Recipe>> = recipesByName;
  const named = recipes.flatMap((recipe) => (known[recipe] ? [{ recipe, ...known[recipe] }] : []));
  if (named.length === 0) return [];
  return [
    { block: "heading", text: named.length > 1 ? "The recipes" : "The recipe" },
    ...named.flatMap(({ recipe, summary, notes }): Block[] => [
      paragraph([strong(recipe), `: ${summary}.`]),
      ...(notes.length > 0 ? [list(notes)] : []),
    ]),
    remark("Options that are not listed have Attune's defaults; run.json of each run has all of them."),
  ];
}
