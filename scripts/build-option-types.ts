/** Writes the types of options with a comment on every field, from the schemas: `npm run options`. Editors show these comments. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { z } from "zod";
import { byRecipe } from "../src/cli/option-flags.ts";
import { describeOptions, type OptionDescription } from "../src/methods/list-methods.ts";
import type { Method } from "../src/methods/method.ts";
import { builtInMethods } from "../src/methods/registry.ts";
import { pretrainOptions } from "../src/pretrain/pretrain-options.ts";
import { trainOptions } from "../src/run/train-options.ts";
import { dataOptions } from "../src/tables/table-options.ts";

const WIDTH = 120;
const root = new URL("../", import.meta.url);

/** Every file that is written, by its path. */
export function optionTypes(): Readonly<Record<string, string>> {
  return {
    "src/tables/data-options.generated.ts": fileOf("How tables are read, as one writes it.", [
      interfaceOf("DataOptions", "How tables are read.", dataOptions),
    ]),
    "src/methods/method-options.generated.ts": fileOf("Options of each method, as one writes them.", [
      ...Object.entries(builtInMethods).map(([name, method]: [string, Method]) =>
        interfaceOf(typeName(name), `${method.title}: ${method.summary}.`, method.options, {
          comment: (key, property) => ({ ...property, default: defaultByRecipe(method, key, property) }),
        }),
      ),
      [
        "/** The options of a method by its name. */",
        "export interface OptionsByMethod {",
        ...Object.entries(builtInMethods).map(
          ([name, { title, summary }]) => `  /** ${title}: ${summary}. */\n  readonly ${name}: ${typeName(name)};`,
        ),
        "}",
      ].join("\n"),
    ]),
    "src/run/shared-options.generated.ts": fileOf(
      "Options of `train` that every method takes, as one writes them.",
      [
        interfaceOf(
          "SharedOptions",
          `Options of \`train\` that every method takes; those of the method stand beside them. ${ERRORS}`,
          trainOptions.omit({ method: true, ...keysOf(dataOptions) }),
          {
            extends: "DataOptions",
            types: { data: "string | TextsInMemory" },
            comment: (key, property) => {
              const { default: own } = byRecipe(key, property);
              return {
                ...property,
                ...(own !== property.default && { default: new Said(String(own)) }),
                ...(key === "data" && { description: `${property.description}; or texts in memory` }),
              };
            },
          },
        ),
      ],
      [
        'import type { DataOptions } from "../tables/data-options.generated.ts";',
        'import type { TextsInMemory } from "../tables/texts-in-memory.ts";',
      ],
    ),
    "src/pretrain/pretrain-options.generated.ts": fileOf("Options of `pretrain`, as one writes them.", [
      interfaceOf("PretrainOptions", `Options of \`pretrain\`. ${ERRORS}`, pretrainOptions),
    ]),
  };
}

const ERRORS =
  "What is out of its bounds, unknown or without effect is an AttuneError that names the option (`options/value`, `options/unknown`, …).";

const keysOf = <Shape extends z.ZodRawShape>({ shape }: z.ZodObject<Shape>) =>
  Object.fromEntries(Object.keys(shape).map((key) => [key, true])) as { [Key in keyof Shape]: true };

const typeName = (method: string): string => `${method[0]!.toUpperCase()}${method.slice(1)}Options`;

/** What the recipe `tuned`, which is the default, gives a method instead of the schema's default. */
function defaultByRecipe({ recipes }: Method, key: string, property: OptionDescription): unknown {
  const tuned = recipes?.tuned?.options[key];
  if (tuned === undefined) return property.default;
  const value = typeof tuned === "function" ? "by its rule" : valueText(tuned.value);
  return new Said(`${valueText(property.default)}; with the recipe tuned ${value}`);
}

/** A default that is said in words. */
class Said {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

interface Deviations {
  readonly extends?: string;
  /** Types of fields that a schema does not have. */
  readonly types?: Readonly<Record<string, string>>;
  /** The property as its comment has it. */
  readonly comment?: (key: string, property: OptionDescription) => OptionDescription;
}

function interfaceOf(name: string, about: string, schema: z.ZodObject, deviations: Deviations = {}): string {
  const properties = describeOptions(schema);
  const fields = Object.entries(properties).map(([key, property]) => {
    const { types = {}, comment = (_, own) => own } = deviations;
    const isNeeded = !schema.shape[key]!.safeParse(undefined).success;
    const type = types[key] ?? typeOf(property);
    const field = isNeeded ? `readonly ${key}: ${type};` : `readonly ${key}?: ${type} | undefined;`;
    return `${commentOf(sentencesOf(key, comment(key, property)), "  ")}\n  ${field}`;
  });
  const base = deviations.extends ? ` extends ${deviations.extends}` : "";
  const kind = fields.length > 0 ? `export interface ${name}${base} {` : `export type ${name} = Record<never, never>;`;
  return [commentOf([about], ""), kind, ...fields, ...(fields.length > 0 ? ["}"] : [])].join("\n");
}

const fileOf = (about: string, parts: readonly string[], imports: readonly string[] = []): string =>
  `${[`/** ${about} Made by \`npm run options\` from the schemas; not to be changed by hand. */`, ...imports].join("\n")}\n\n${parts.join("\n\n")}\n`;

function typeOf({ enum: names, type, items, anyOf, additionalProperties }: OptionDescription): string {
  if (names) return names.map((name) => JSON.stringify(name)).join(" | ");
  if (anyOf) return [...new Set(anyOf.map(typeOf))].join(" | ");
  if (type === "integer") return "number";
  if (type === "array") return `${typeOf(items!)}[]`;
  if (type === "object") return `Record<string, ${typeOf(additionalProperties!)}>`;
  return type!;
}

/** What an option is, what it may be, and what it is by default. */
function sentencesOf(key: string, property: OptionDescription & Bounds): string[] {
  // Schemas say a default in words where it is no value.
  const [, before, inWords, after] = /^(.*?) \(default: (.*?)\)(.*)$/s.exec(inCode(property.description ?? "")) ?? [];
  const said = `${before ?? inCode(property.description ?? "")}${after ?? ""}`;
  const fallback = key === "threads" ? "all that the machine has" : (inWords ?? defaultText(property.default));
  const bounds = boundsOf(property);
  return [
    `${beginning(said, property)}.${bounds === "" ? "" : ` ${bounds}`}`,
    ...(fallback === undefined ? [] : [`@default ${fallback}`]),
  ];
}

/** With a capital, unless it begins with one of the values. */
function beginning(said: string, { enum: names }: OptionDescription): string {
  const value = names?.find((name) => said.startsWith(`${name}:`));
  return value === undefined ? `${said[0]!.toUpperCase()}${said.slice(1)}` : `\`${value}\`${said.slice(value.length)}`;
}

/** `--batch-size` is `batchSize` here. */
const inCode = (text: string): string =>
  text.replace(/--([a-z]+(?:-[a-z]+)*)/g, (_, flag: string) => {
    const name = flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    return `\`${name}\``;
  });

const valueText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

function defaultText(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return value instanceof Said ? value.text : JSON.stringify(value);
}

/** Of numbers, as JSON Schema has them. */
interface Bounds {
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
}

function boundsOf(property: OptionDescription & Bounds): string {
  const { type, minimum, exclusiveMinimum, maximum, exclusiveMaximum } = property;
  if (type !== "integer" && type !== "number") return "";
  const isPositive = type === "integer" && exclusiveMinimum === 0;
  const limits = [
    ...(minimum !== undefined && minimum > -1e15 ? [`at least ${minimum}`] : []),
    ...(exclusiveMinimum === undefined ? [] : [isPositive ? "at least 1" : `more than ${exclusiveMinimum}`]),
    ...(maximum !== undefined && maximum < 1e15 ? [`at most ${maximum}`] : []),
    ...(exclusiveMaximum === undefined ? [] : [`less than ${exclusiveMaximum}`]),
  ];
  const kind = type === "integer" ? "A whole number" : "A number";
  return limits.length === 0 ? "" : `${kind}, ${limits.join(" and ")}.`;
}

function commentOf(sentences: readonly string[], indent: string): string {
  const line = `${indent}/** ${sentences.join(" ")} */`;
  if (line.length <= WIDTH) return line;
  const lines = sentences.flatMap((sentence) => wrapped(sentence, WIDTH - indent.length - 3));
  return [`${indent}/**`, ...lines.map((part) => `${indent} * ${part}`), `${indent} */`].join("\n");
}

function wrapped(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1)!;
    if (last !== "" && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const [path, text] of Object.entries(optionTypes())) writeFileSync(new URL(path, root), text);
