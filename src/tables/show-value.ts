/** A value of any kind and depth, in a few words for a message. */

const MOST_CHARACTERS = 120;
const MOST_DEPTH = 3;

/** As JSON where it has a form there; what is long or deep is cut off with an ellipsis. */
export function showValue(value: unknown): string {
  const text = shown(value, 0);
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}

function shown(value: unknown, depth: number): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, MOST_CHARACTERS + 1));
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid date" : value.toISOString();
  if (depth === MOST_DEPTH) return "…";
  const isList = Array.isArray(value) || ArrayBuffer.isView(value);
  const entries = Object.entries(value as Readonly<Record<string, unknown>>).slice(0, MOST_CHARACTERS / 2);
  const parts = entries.map(([key, item]) => `${isList ? "" : `${JSON.stringify(key)}:`}${shown(item, depth + 1)}`);
  return isList ? `[${parts.join(",")}]` : `{${parts.join(",")}}`;
}
