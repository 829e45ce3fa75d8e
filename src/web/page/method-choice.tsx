/** Which methods, with which ranks, by which recipe, and how often. */
import type { Choices } from "../app-types.ts";
import type { Plan } from "./new-plan.ts";
import { TypedInput } from "./typed-input.tsx";

interface Props {
  readonly choices: Choices;
  readonly plan: Plan;
  readonly change: (part: Partial<Plan>) => void;
}

export function MethodChoice({ choices, plan, change }: Props) {
  const { methods, ranks, recipe, seeds } = plan;
  const toggle = (name: string, isOn: boolean) =>
    change({
      methods: choices.methods.map((one) => one.name).filter((one) => (one === name ? isOn : methods.includes(one))),
    });
  const hasRank = choices.methods.some((one) => one.hasRank && methods.includes(one.name));
  return (
    <>
      <fieldset class="methods">
        <legend class="unseen">Methods</legend>
        {choices.methods.map(({ name, title, summary }) => (
          <label key={name} class="method">
            <input
              type="checkbox"
              checked={methods.includes(name)}
              onChange={({ currentTarget }) => toggle(name, currentTarget.checked)}
            />
            <span>
              {title}
              <small class="quiet"> {summary}</small>
            </span>
          </label>
        ))}
      </fieldset>
      <div class="row fields">
        {hasRank && (
          <TypedInput
            label="Ranks, with commas between"
            value={ranks}
            show={listText}
            read={numbersIn}
            onChange={(next) => change({ ranks: next })}
          />
        )}
        <TypedInput
          label="Seeds: how often each is trained"
          value={seeds}
          show={seedsText}
          read={seedsIn}
          onChange={(next) => change({ seeds: next })}
        />
        <label class="above">
          Recipe, which sets rates and epochs
          <select value={recipe} onChange={({ currentTarget }) => change({ recipe: currentTarget.value })}>
            {choices.recipes.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </div>
      <p class="quiet">{choices.recipes.find(({ name }) => name === recipe)?.summary}</p>
    </>
  );
}

const numbersIn = (text: string): readonly number[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean)
    .map(Number);

const listText = (list: readonly number[]): string => list.join(",");

type Seeds = Plan["seeds"];
const seedsText = (seeds: Seeds): string =>
  typeof seeds === "number" ? String(seeds) : `${listText(seeds)}${seeds.length === 1 ? "," : ""}`;

/** One number says how many, several say which. */
const seedsIn = (text: string): Seeds => (text.includes(",") ? numbersIn(text) : Number(text.trim() || 1));
