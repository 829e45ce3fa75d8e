/** All runs: filtered, sorted by any column, and chosen for the charts. */
import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { FigureName, RunRow, WorkState } from "../app-types.ts";
import { Scroll, State } from "./common.tsx";
import { ago, figures, shown } from "./figures.ts";
import { linkTo } from "./router.ts";

type Column = FigureName | "title" | "state" | "changed";

const FIGURES: readonly FigureName[] = ["accuracy", "f1", "loss", "seconds", "memory", "trainable", "stored"];
/** More rows are shown when they are asked for: few people read them, and all of them are slow to draw. */
const AT_FIRST = 200;

interface Props {
  readonly rows: readonly RunRow[];
  readonly chosen: readonly string[];
  readonly onChoose: (chosen: readonly string[]) => void;
  readonly onFiltered: (rows: readonly RunRow[]) => void;
  /** The study whose runs are shown; "" for all. */
  readonly study: string;
  readonly studies: readonly string[];
  readonly onStudy: (study: string) => void;
}

export interface Filter {
  readonly words: string;
  readonly state: WorkState | "";
  readonly study: string;
}

export function filtered(rows: readonly RunRow[], { words, state, study }: Filter): RunRow[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    if ((state && row.state !== state) || (study && row.study !== study)) return false;
    const text = [row.title, row.path, row.method, row.recipe, row.model, row.data].join(" ").toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

export function sorted(rows: readonly RunRow[], column: Column, isRising: boolean): RunRow[] {
  const keyOf = (row: RunRow): string | number | undefined => {
    if (column === "title") return row.title.toLowerCase();
    if (column === "state") return row.state;
    return column === "changed" ? row.changed : row.figures[column];
  };
  const way = isRising ? 1 : -1;
  return [...rows].sort((one, other) => {
    const [a, b] = [keyOf(one), keyOf(other)];
    // What is not known comes last, whichever way.
    if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
    return (
      way * (typeof a === "string" ? a.localeCompare(b as string, undefined, { numeric: true }) : a - (b as number))
    );
  });
}

export function RunTable({ rows, chosen, onChoose, onFiltered, study, studies, onStudy }: Props) {
  const [words, setWords] = useState("");
  const [state, setState] = useState<WorkState | "">("");
  const [order, setOrder] = useState<{ column: Column; isRising: boolean }>({ column: "changed", isRising: false });
  const [most, setMost] = useState(AT_FIRST);
  const found = useMemo(() => {
    const some = sorted(filtered(rows, { words, state, study }), order.column, order.isRising);
    onFiltered(some);
    return some;
  }, [rows, words, state, study, order, onFiltered]);
  const isChosen = new Set(chosen);
  const choose = (paths: readonly string[], isOn: boolean) =>
    onChoose(
      isOn
        ? [...chosen, ...paths.filter((path) => !isChosen.has(path))]
        : chosen.filter((path) => !paths.includes(path)),
    );
  const head = (column: Column, title: ComponentChildren, isFigure = false) => (
    <th
      scope="col"
      class={isFigure ? "figures" : undefined}
      aria-sort={order.column === column ? (order.isRising ? "ascending" : "descending") : undefined}
    >
      <button
        type="button"
        class="plain sort"
        onClick={() =>
          setOrder({
            column,
            isRising:
              order.column === column
                ? !order.isRising
                : column === "title" || column === "loss" || column === "seconds",
          })
        }
      >
        {title}
      </button>
    </th>
  );
  const visible = found.slice(0, most);
  return (
    <>
      <search class="row">
        <label>
          Filter
          <input
            type="search"
            value={words}
            placeholder="method, model, data, folder"
            onInput={({ currentTarget }) => setWords(currentTarget.value)}
          />
        </label>
        <label>
          State
          <select value={state} onChange={({ currentTarget }) => setState(currentTarget.value as WorkState | "")}>
            <option value="">all</option>
            <option value="running">running</option>
            <option value="interrupted">stopped</option>
            <option value="failed">failed</option>
            <option value="done">done</option>
          </select>
        </label>
        {studies.length > 0 && (
          <label>
            Study
            <select value={study} onChange={({ currentTarget }) => onStudy(currentTarget.value)}>
              <option value="">all</option>
              {studies.map((path) => (
                <option key={path}>{path}</option>
              ))}
            </select>
          </label>
        )}
        <span class="quiet" aria-live="polite">
          {found.length === rows.length ? `${rows.length} runs` : `${found.length} of ${rows.length} runs`}
        </span>
      </search>
      <Scroll name="Runs">
        <table class="wide">
          <thead>
            <tr>
              <th scope="col">
                <span class="unseen">In the charts</span>
              </th>
              {head("title", "Run")}
              {head("state", "State")}
              {FIGURES.map((name) => head(name, figures[name].title, true))}
              {head("changed", "Changed", true)}
            </tr>
          </thead>
          <tbody>
            {visible.map((row) => (
              <tr key={row.path}>
                <td>
                  <input
                    type="checkbox"
                    aria-label={`Show ${row.title} (${row.path}) in the charts`}
                    checked={isChosen.has(row.path)}
                    onChange={({ currentTarget }) => choose([row.path], currentTarget.checked)}
                  />
                </td>
                <th scope="row">
                  <a href={linkTo("run", { path: row.path })}>{row.title}</a>
                  <small>{row.path}</small>
                </th>
                <td>
                  <State state={row.state} />
                  {row.progress && <Progress value={row.progress[0]} of={row.progress[1]} />}
                </td>
                {FIGURES.map((name) => (
                  <td class="figures" key={name}>
                    {shown(name, row.figures[name])}
                  </td>
                ))}
                <td class="figures">{ago(row.changed)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {found.length > most && (
        <p>
          <button type="button" onClick={() => setMost(most + 500)}>
            Show more
          </button>
        </p>
      )}
    </>
  );
}

const Progress = ({ value, of }: { readonly value: number; readonly of: number }) => (
  <small>
    <progress value={value} max={of} aria-label={`step ${value} of ${of}`} /> {Math.floor((100 * value) / of)} %
  </small>
);
