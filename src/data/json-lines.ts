/** JSON Lines: one object a line. */
import { AttuneError } from "../base/error.ts";
import type { Row, Table } from "./table.ts";

export function readJsonLines(path: string, text: string): Table {
  const columns = new Set<string>();
  const rows: Row[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const place = `line ${i + 1}`;
    const values = parseObject(path, place, line);
    for (const key of Object.keys(values)) columns.add(key);
    rows.push({ values, place });
  }
  return { path, columns: [...columns], rows, textOnly: false, classNames: () => undefined };
}

function parseObject(path: string, place: string, line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new AttuneError("data/json", `${path}, ${place}: this is not JSON (${(cause as Error).message})`, "input", {
      cause,
    });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new AttuneError(
      "data/json",
      `${path}, ${place}: each line must be an object like {"text": "…", "label": "…"}`,
    );
  return value as Record<string, unknown>;
}
