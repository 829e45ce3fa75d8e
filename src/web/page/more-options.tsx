/** Further options of all runs: each with what it is about, added and taken away. */
import { useState } from "preact/hooks";
import type { OptionDescription } from "../../methods/list-methods.ts";
import type { Choices } from "../app-types.ts";
import type { Plan } from "./new-plan.ts";
import { TypedInput } from "./typed-input.tsx";

interface Props {
  readonly choices: Choices;
  readonly plan: Plan;
  readonly change: (part: Partial<Plan>) => void;
}

/** Those have fields of their own. */
const ELSEWHERE = ["text", "label", "multiLabel"];

export function MoreOptions({ choices, plan, change }: Props) {
  const { more, rest } = plan;
  const [name, setName] = useState("");
  const free = Object.keys(choices.options).filter((key) => !(key in more) && !ELSEWHERE.includes(key));
  const set = (key: string, value: unknown) => change({ more: { ...more, [key]: value } });
  const remove = (key: string) =>
    change({ more: Object.fromEntries(Object.entries(more).filter(([other]) => other !== key)) });
  const add = () => {
    set(name, firstValue(choices.options[name]!));
    setName("");
  };
  return (
    <>
      {Object.entries(more).map(([key, value]) => (
        <div class="row option" key={key}>
          <Value name={key} about={choices.options[key] ?? {}} value={value} onChange={(next) => set(key, next)} />
          <button type="button" onClick={() => remove(key)}>
            Remove<span class="unseen"> {key}</span>
          </button>
          <span class="quiet">{choices.options[key]?.description}</span>
        </div>
      ))}
      {Object.entries(rest).map(([key, value]) => (
        <div class="row option" key={key}>
          <span>
            {key}: <code>{JSON.stringify(value)}</code>
          </span>
          <button
            type="button"
            onClick={() =>
              change({ rest: Object.fromEntries(Object.entries(rest).filter(([other]) => other !== key)) })
            }
          >
            Remove<span class="unseen"> {key}</span>
          </button>
        </div>
      ))}
      <div class="row option">
        <label>
          Option
          <select value={name} onChange={({ currentTarget }) => setName(currentTarget.value)}>
            <option value="">choose one</option>
            {free.map((key) => (
              <option key={key}>{key}</option>
            ))}
          </select>
        </label>
        <button type="button" disabled={name === ""} onClick={add}>
          Add
        </button>
        <span class="quiet">{choices.options[name]?.description}</span>
      </div>
    </>
  );
}

const isNumber = ({ type }: OptionDescription): boolean => type === "number" || type === "integer";

function firstValue(about: OptionDescription): unknown {
  if (about.type === "boolean") return true;
  return about.enum?.[0] ?? (isNumber(about) ? 1 : "");
}

function Value({
  name,
  about,
  value,
  onChange,
}: {
  readonly name: string;
  readonly about: OptionDescription;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}) {
  const names = about.type === "boolean" ? ["true", "false"] : about.enum;
  if (names)
    return (
      <label class="above">
        {name}
        <select
          value={String(value)}
          onChange={({ currentTarget }) =>
            onChange(about.type === "boolean" ? currentTarget.value === "true" : currentTarget.value)
          }
        >
          {names.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
    );
  return <TypedInput label={name} value={value} show={valueText} read={valueIn} onChange={onChange} />;
}

const valueText = (value: unknown): string => (typeof value === "object" ? JSON.stringify(value) : String(value));

/** What is no number is sent as it is, and the server says what would be right. */
const valueIn = (text: string): unknown => (text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text);
