/** Each method explained, the recipes, and where the value of each option comes from. */

import { groupBy } from "../../base/group-by.ts";
import {
  type Block,
  code,
  link,
  list,
  paragraph,
  remark,
  type Section,
  strong,
  type Text,
} from "../../document/document.ts";
import { methodOf } from "../../methods/registry.ts";
import { type Recipe, recipes as recipesByName } from "../../run/recipes.ts";
import type { RecipeName } from "../../study/study.ts";
import { foldedNames } from "../conclusions/wording.ts";
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
        ];
      }),
      ...recipeNotes(view),
      ...optionTable(view),
    ],
  };
}

function shown(value: unknown): string {
  if (typeof value === "number" && value !== 0 && Math.abs(value) < 0.001) return value.toExponential();
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** One row for what an option has from one source, with the settings that have it so. */
function optionTable(view: View): Block[] {
  const valued = view.settings.flatMap((setting) => {
    const { options, sources } = setting.runs[0]!.planned;
    return Object.entries(sources).map(([option, source]) => {
      const value = shown(options[option as keyof typeof options]);
      return { setting, recipe: setting.recipe, option, value, source };
    });
  });
  if (valued.length === 0) return [];
  // Values that a method has from one source stand together, and methods that have the same.
  const byMethod = groupBy(valued, ({ setting: { recipe, method }, option, source }) =>
    JSON.stringify([recipe, method, option, source]),
  );
  const named = [...byMethod.values()].map((same) => ({
    ...same[0]!,
    value: [...new Set(same.map(({ value }) => value))].join(", "),
    settings: same.map(({ setting }) => setting),
  }));
  const rows = [
    ...groupBy(named, ({ recipe, option, source, value }) => JSON.stringify([recipe, option, source, value])).values(),
  ];
  const order = new Map([...new Set(valued.map(({ option }) => option))].map((option, i) => [option, i]));
  const groups = view.recipes.map((recipe) => {
    const own = rows.filter(([first]) => first!.recipe === recipe);
    const all = view.settings.filter((setting) => setting.recipe === recipe).length;
    return {
      ...(view.recipes.length > 1 && { title: `Recipe: ${recipe}` }),
      rows: own
        .toSorted(([a], [b]) => order.get(a!.option)! - order.get(b!.option)!)
        .map((same): readonly Text[] => {
          const { option, value, source } = same[0]!;
          const settings = same.flatMap((one) => one.settings);
          const having = foldedNames(settings.map(view.shortName)).join("; ");
          return [[code(option)], value, settings.length === all ? "all" : having, source];
        }),
    };
  });
  const columns = [{ title: "Option" }, { title: "Value" }, { title: "Of" }, { title: "From" }];
  return [
    { block: "heading", text: "Where each option's value comes from" },
    { block: "table", columns, groups: groups.filter((group) => group.rows.length > 0) },
    remark("Options that are not listed have Attune's defaults; run.json of each run has all of them."),
  ];
}

function recipeNotes({ recipes, settings }: View): Block[] {
  const known: Readonly<Record<string, Recipe>> = recipesByName;
  const named = recipes.flatMap((recipe) => (known[recipe] ? [{ recipe, ...known[recipe] }] : []));
  if (named.length === 0) return [];
  const notesOf = (recipe: RecipeName) =>
    methodsIn(settings.filter((setting) => setting.recipe === recipe)).flatMap(
      (method) => methodOf(method).recipes?.[recipe]?.note ?? [],
    );
  return [
    { block: "heading", text: named.length > 1 ? "The recipes" : "The recipe" },
    ...named.flatMap(({ recipe, summary, note }): Block[] => {
      const told = [...notesOf(recipe), ...(note ? [note] : [])];
      return [paragraph([strong(recipe), `: ${summary}.`]), ...(told.length > 0 ? [list(told)] : [])];
    }),
  ];
}
