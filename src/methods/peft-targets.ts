/** Which modules adapter_config.json selects: PEFT's rules for target_modules and what narrows it (PEFT 0.21). */
import { AttuneError } from "../base/error.ts";
import type { Encoder } from "../models/encoder.ts";
import type { LinearRole } from "../models/scope.ts";

type Config = Readonly<Record<string, unknown>>;

/**
 * Names of the modules with a weight that the config selects, whether or not Attune can adapt them; where it says nothing,
 * those of the roles that PEFT takes then.
 */
export function selectedModules(encoder: Encoder, config: Config, otherwise: readonly LinearRole[]): string[] {
  const saved = listed(config.modules_to_save);
  const isSaved = (module: string) => saved.some((name) => `.${module}.`.includes(`.${name}.`));
  const isExcluded = matcherOf(config.exclude_modules);
  return encoder.parameters.flatMap(({ name, kind, part }) => {
    if (part === "classifier" || part === "adapter" || (kind !== "weight" && kind !== "embedding")) return [];
    const module = name.replace(/\.weight$/, "");
    return isTarget(encoder, module, config, otherwise) && !isSaved(module) && !isExcluded(module) ? [module] : [];
  });
}

function isTarget({ linears }: Encoder, module: string, config: Config, otherwise: readonly LinearRole[]): boolean {
  const { target_modules: targets } = config;
  const role = linears.find(({ weight }) => weight === `${module}.weight`)?.role;
  if (targets === null || targets === undefined) return role !== undefined && otherwise.includes(role);
  if (typeof targets === "string" && targets.toLowerCase() === "all-linear") return role !== undefined;
  if (!matcherOf(targets)(module)) return false;
  // Layers narrow only what is found by the end of its name.
  return typeof targets === "string" || listed(targets).includes(module) || isInLayers(module, config);
}

/** A list holds names or their ends from a dot on; a string is a regular expression for whole names. */
function matcherOf(modules: unknown): (module: string) => boolean {
  if (typeof modules === "string") {
    const expression = wholeNames(modules);
    return (module) => expression.test(module);
  }
  const ends = listed(modules).map((end) => `.${end}`);
  return (module) => ends.some((end) => `.${module}`.endsWith(end));
}

function isInLayers(module: string, config: Config): boolean {
  const layers = listed(config.layers_to_transform);
  if (layers.length === 0) return true;
  const patterns = listed(config.layers_pattern);
  // The first number after a part with any name, or with one of these.
  const places = patterns.length > 0 ? patterns.map((name) => `(?:.*?\\.)?(?:${name})`) : [".*?\\.[^.]*"];
  const found = places
    .map((place) => wholeNames(`${place}\\.(\\d+)\\..*`).exec(module))
    .find((match) => match !== null);
  return found !== undefined && layers.includes(found[1]!);
}

/** One value may stand for a list of it. */
const listed = (value: unknown): string[] => (value === null || value === undefined ? [] : [value].flat().map(String));

/** Each repetition may end anywhere in a name: with more of them, the ways to try are the length to their power. */
const MOST_REPETITIONS = 4;

/** A regular expression of Python's for whole names. */
export function wholeNames(expression: string): RegExp {
  const refuse = (what: string): never => {
    const message = `adapter_config.json: ${JSON.stringify(expression)} ${what}, which may take ages to try; write it without`;
    throw new AttuneError("adapter/expression", message);
  };
  // A repeated group with choices in it is tried in ever more ways; names of layers need none.
  if (/[*+?|}][^()]*\)+[*+{]/.test(expression)) refuse("repeats a group");
  const plain = expression.replace(/\\./g, "x").replace(/\[\^?\]?[^\]]*\]/g, "x");
  const repetitions = plain.match(/[*+{]|(?<![*+?}(])\?/g)?.length ?? 0;
  if (repetitions > MOST_REPETITIONS) refuse(`repeats ${repetitions} parts`);
  try {
    return new RegExp(`^(?:${expression})$`);
  } catch (cause) {
    const message = `adapter_config.json: ${JSON.stringify(expression)} is not a regular expression that Attune can read`;
    throw new AttuneError("adapter/expression", message, "input", { cause });
  }
}
