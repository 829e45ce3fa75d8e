/** What JavaScript may hand to a function that types would have refused. */
import { shown } from "../base/check-json.ts";
import { AttuneError } from "../base/error.ts";
import type { Text } from "../tables/dataset.ts";

export function requirePath(value: unknown, what: string): asserts value is string {
  if (typeof value === "string" && value !== "") return;
  throw new AttuneError("options/value", `${what} cannot be ${shown(value)}: it must be a path or a name, as text`);
}

/** A list of texts, or of pairs of them. */
export function requireTexts(value: unknown): asserts value is readonly Text[] {
  if (!Array.isArray(value))
    throw new AttuneError(
      "predict/texts",
      `predict takes a list of texts, like ["a text"]; it was given ${shown(value)}`,
    );
  const isText = (one: unknown): one is string => typeof one === "string";
  const wrong = value.findIndex(
    (one) => !isText(one) && !(Array.isArray(one) && one.length === 2 && one.every(isText)),
  );
  if (wrong >= 0)
    throw new AttuneError(
      "predict/texts",
      `text ${wrong} is ${shown(value[wrong])}: it must be a text, or a pair of two`,
    );
}
