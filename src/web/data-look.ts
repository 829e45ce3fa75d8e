/** Data before anything is trained on them: their columns with a few values, and what `attune inspect` says. */
import { shortened } from "../base/escape.ts";
import { atPath } from "../hub/named-inputs.ts";
import type { Inspection } from "../inspection/inspect-texts.ts";
import { dataBlocks } from "../report/data-blocks.ts";
import { findSource } from "../tables/find-splits.ts";
import { openTable } from "../tables/open-table.ts";
import { showValue } from "../tables/show-value.ts";
import type { DataLook, DataQuestion } from "./app-types.ts";
import { jsonOf } from "./own-command.ts";
import type { Reachable } from "./reachable.ts";

const VALUES = 3;
const LONGEST = 160;

/** @throws AttuneError that says what is wrong with the data, or how they were to be read */
export async function lookAtData(question: DataQuestion, reachable: Reachable, signal: AbortSignal): Promise<DataLook> {
  const { data, text, label, multiLabel } = question;
  reachable.source(data);
  const words = ["inspect", data, "--json", ...(text ? ["--text", text] : []), ...(label ? ["--label", label] : [])];
  if (multiLabel) words.push("--multi-label");
  const columns = await columnsOf(data, reachable).catch(() => []); // What is wrong with a table, inspect says better.
  try {
    const { reading, notes, labels, ...found } = await jsonOf<Inspection>(words, reachable.folder, signal);
    const blocks = dataBlocks({ reading, notes, labels, ...found });
    return { columns, reading, notes, labels: labels.length, texts: found.texts, blocks };
  } catch (error) {
    if (signal.aborted || columns.length === 0) throw error;
    return { columns, problem: (error as Error).message };
  }
}

/** Of the first file; nothing is known of what is on the Hub. */
async function columnsOf(data: string, reachable: Reachable): Promise<DataLook["columns"]> {
  const { path } = atPath(data);
  const first = data.split(",")[0]!;
  const place = path === data ? reachable.existing(first) : path;
  const { files } = findSource(place);
  const table = await openTable(Object.values(files).flat()[0]!);
  return table.columns.map((name, i) => ({
    name,
    values: table.sample.slice(0, VALUES).map(({ values }) => shown(values[i])),
  }));
}

const shown = (value: unknown): string => (typeof value === "string" ? shortened(value, LONGEST) : showValue(value));
