/** Which data, how they are read, and what is to be seen in them. */
import { useId, useState } from "preact/hooks";
import type { Choices, DataLook, FolderListing } from "../app-types.ts";
import { addressOf, ask, messageOf } from "./ask.ts";
import { Blocks } from "./blocks.tsx";
import { Notice, Scroll } from "./common.tsx";
import type { Plan } from "./new-plan.ts";
import { SourceField } from "./source-field.tsx";
import type { Answer } from "./use-answer.ts";

interface Props {
  readonly listing: FolderListing;
  readonly choices: Choices;
  readonly plan: Plan;
  readonly change: (part: Partial<Plan>) => void;
  readonly look: Answer<DataLook>;
}

export function DataChoice({ listing, choices, plan, change, look }: Props) {
  const { value, problem, isBusy } = look;
  const choose = (data: string) => change({ data, reading: {} });
  return (
    <>
      <div class="columns">
        <SourceField
          label="Labelled texts"
          note="A file or a folder with splits in this folder, the emotions that come with Attune, or a name on the Hugging Face Hub."
          value={plan.data}
          choices={[...listing.tables, ...choices.data]}
          onChange={choose}
        />
        <Upload onDone={choose} />
      </div>
      <div class="look" aria-live="polite" aria-busy={isBusy}>
        {problem && <Notice bad>{problem}</Notice>}
        {value?.problem && <Notice bad>{value.problem}</Notice>}
        {isBusy && !value && plan.data !== "" && <p class="quiet">Reading {plan.data} …</p>}
        {value && <Look look={value} plan={plan} change={change} />}
      </div>
    </>
  );
}

function Upload({ onDone }: { readonly onDone: (path: string) => void }) {
  const id = useId();
  const [said, setSaid] = useState("");
  const send = async (input: HTMLInputElement) => {
    const [file] = input.files ?? [];
    if (!file) return;
    setSaid(`Copying ${file.name} …`);
    try {
      const { path } = await ask<{ path: string }>(addressOf("/api/upload", { name: file.name }), { file });
      setSaid(`Copied to ${path}.`);
      onDone(path);
    } catch (error) {
      setSaid(messageOf(error));
    }
    input.value = "";
  };
  return (
    <div class="field">
      <label for={id}>Or copy a file into this folder</label>
      <input
        id={id}
        type="file"
        accept=".csv,.tsv,.json,.jsonl,.ndjson,.parquet,.gz,.txt"
        onChange={({ currentTarget }) => send(currentTarget)}
      />
      <span aria-live="polite">{said}</span>
    </div>
  );
}

function Look({ look, plan, change }: { readonly look: DataLook } & Pick<Props, "plan" | "change">) {
  const { columns, reading, notes = [], blocks } = look;
  const role = (key: "text" | "label", title: string) => (
    <label>
      {title}
      <select
        value={plan.reading[key] ?? ""}
        onChange={({ currentTarget }) =>
          change({ reading: { ...plan.reading, [key]: currentTarget.value || undefined } })
        }
      >
        <option value="">as found</option>
        {columns.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
  return (
    <>
      {columns.length > 0 && (
        <>
          <h3>Columns</h3>
          <div class="row">
            {role("text", "Text")}
            {role("label", "Label")}
            <label>
              <input
                type="checkbox"
                checked={plan.reading.multiLabel ?? false}
                onChange={({ currentTarget }) =>
                  change({ reading: { ...plan.reading, multiLabel: currentTarget.checked } })
                }
              />
              A text may have several labels
            </label>
          </div>
          <Scroll name="Columns and their first values">
            <table>
              <thead>
                <tr>
                  <th scope="col">Column</th>
                  <th scope="col">First values</th>
                </tr>
              </thead>
              <tbody>
                {columns.map(({ name, values }) => (
                  <tr key={name}>
                    <th scope="row">
                      <bdi>{name}</bdi>
                    </th>
                    <td>
                      {values.map((value, i) => (
                        <div key={String(i)}>
                          <bdi>{value}</bdi>
                        </div>
                      ))}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        </>
      )}
      {reading && <p>Read as {reading}.</p>}
      {notes.map((note) => (
        <p key={note} class="quiet">
          {note}
        </p>
      ))}
      {blocks && (
        <details open>
          <summary>What is in them</summary>
          <Blocks blocks={blocks} />
        </details>
      )}
    </>
  );
}
