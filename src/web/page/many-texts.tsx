/** Many texts at once: one a line in, a table out, to look at and to take along as CSV. */
import { useState } from "preact/hooks";
import { csvField } from "../../base/escape.ts";
import { metric } from "../../base/format.ts";
import type { ModelAnswers, RunRow } from "../app-types.ts";
import { ask } from "./ask.ts";
import { Action, Scroll } from "./common.tsx";

interface Table {
  readonly texts: readonly string[];
  readonly models: readonly { readonly row: RunRow; readonly answers: ModelAnswers["answers"] }[];
}

const SHOWN = 200;

export function ManyTexts({ rows }: { readonly rows: readonly RunRow[] }) {
  const [pasted, setPasted] = useState("");
  const [table, setTable] = useState<Table>();
  const texts = pasted
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  const classify = async () => {
    const models: Table["models"][number][] = [];
    for (const row of rows) {
      const { answers } = await ask<ModelAnswers>("/api/predict", { body: { path: row.path, texts, top: 1 } });
      models.push({ row, answers });
    }
    setTable({ texts, models });
  };
  return (
    <>
      <label class="above">
        One text a line
        <textarea rows={4} value={pasted} onInput={({ currentTarget }) => setPasted(currentTarget.value)} />
      </label>
      <p class="row">
        <Action disabled={texts.length === 0} work={classify}>
          Classify {texts.length > 0 && (texts.length === 1 ? "1 text" : `${texts.length} texts`)}
        </Action>
        {table && (
          <a class="button" href={fileOf(table)} download="predictions.csv">
            Download CSV
          </a>
        )}
      </p>
      {table && (
        <Scroll name="Answers to many texts">
          <table>
            <thead>
              <tr>
                <th scope="col">Text</th>
                {table.models.map(({ row }) => (
                  <th scope="col" key={row.path}>
                    {row.title}
                    <small>{row.path}</small>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {table.texts.slice(0, SHOWN).map((text, i) => (
                <tr key={String(i)}>
                  <th scope="row">
                    <bdi>{text}</bdi>
                  </th>
                  {table.models.map(({ row, answers }) => (
                    <td key={row.path}>
                      <bdi>{answers[i]!.label}</bdi>
                      <small>{metric(answers[i]!.scores[0]!.probability)}</small>
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
          {table.texts.length > SHOWN && <p class="quiet">The first {SHOWN} are shown; the file has all of them.</p>}
        </Scroll>
      )}
    </>
  );
}

function fileOf({ texts, models }: Table): string {
  const head = ["text", ...models.flatMap(({ row }) => [row.path, `${row.path} probability`])];
  const lines = texts.map((text, i) => [
    text,
    ...models.flatMap(({ answers }) => [answers[i]!.label, answers[i]!.scores[0]!.probability]),
  ]);
  const csv = [head, ...lines].map((cells) => `${cells.map(csvField).join(",")}\r\n`).join("");
  return URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
}
