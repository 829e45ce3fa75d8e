/** Play: what the trained models of the folder answer, side by side, and why. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { metric } from "../../base/format.ts";
import type { FolderListing, ModelAnswers, RunRow } from "../app-types.ts";
import { ask, messageOf } from "./ask.ts";
import { Scroll } from "./common.tsx";
import { ManyTexts } from "./many-texts.tsx";
import { linkTo } from "./router.ts";
import { Why } from "./why.tsx";

/** More models are asked when that is wanted: each has to be opened. */
const AT_FIRST = 6;
const PAUSE = 300;

export type Asked = string | readonly [string, string];

export function PlayPage({ listing }: { readonly listing: FolderListing }) {
  const [text, setText] = useState("");
  const [pair, setPair] = useState("");
  const [isPair, setIsPair] = useState(false);
  const [most, setMost] = useState(AT_FIRST);
  const trained = useMemo(
    () =>
      listing.runs
        .filter(({ kind, state }) => kind === "train" && state === "done")
        .sort((a, b) => (b.figures.validationF1 ?? -1) - (a.figures.validationF1 ?? -1)),
    [listing.runs],
  );
  const shown = trained.slice(0, most);
  const asked: Asked | undefined = text.trim() === "" ? undefined : isPair ? [text, pair] : text;
  const answers = useAnswers(shown, asked);
  const [why, setWhy] = useState("");
  if (trained.length === 0)
    return (
      <section>
        <h1>Play</h1>
        <p>
          There is no trained model in this folder yet. Begin with <a href={linkTo("new")}>a new study</a>.
        </p>
      </section>
    );
  const explained = shown.find(({ path }) => path === why) ?? shown[0]!;
  const label = answers.get(explained.path)?.value?.answers[0]?.scores[0]?.label;
  return (
    <>
      <h1>Play</h1>
      <section>
        <label class="above">
          {isPair ? "First text" : "A text"}
          <textarea rows={3} value={text} onInput={({ currentTarget }) => setText(currentTarget.value)} />
        </label>
        {isPair && (
          <label class="above">
            Second text
            <textarea rows={2} value={pair} onInput={({ currentTarget }) => setPair(currentTarget.value)} />
          </label>
        )}
        <p>
          <label>
            <input
              type="checkbox"
              checked={isPair}
              onChange={({ currentTarget }) => setIsPair(currentTarget.checked)}
            />
            Two texts that are read together
          </label>
        </p>
      </section>
      <section>
        <h2>Answers</h2>
        <Answers rows={shown} answers={answers} explained={explained.path} onExplain={setWhy} />
        {trained.length > shown.length && (
          <button type="button" onClick={() => setMost(trained.length)}>
            Ask all {trained.length} models
          </button>
        )}
      </section>
      <section>
        <h2>Why</h2>
        {asked !== undefined && label !== undefined ? (
          <Why row={explained} text={asked} label={label} />
        ) : (
          <p class="quiet why">The words that speak for an answer, and those against it, stand here.</p>
        )}
      </section>
      <section>
        <h2>Many texts</h2>
        <ManyTexts rows={shown} />
      </section>
    </>
  );
}

interface ModelAnswer {
  readonly value?: ModelAnswers;
  readonly problem?: string;
}

/** Each model is asked by itself, so that the fast ones do not wait for the others. */
function useAnswers(rows: readonly RunRow[], asked: Asked | undefined): ReadonlyMap<string, ModelAnswer> {
  const [answers, setAnswers] = useState<ReadonlyMap<string, ModelAnswer>>(new Map());
  const key = rows.map(({ path, changed }) => `${path} ${changed}`).join("\n");
  const question = asked === undefined ? undefined : JSON.stringify(asked);
  const paths = useMemo(() => rows.map(({ path }) => path), [key]);
  useEffect(() => {
    const gone = new AbortController();
    if (question === undefined) {
      setAnswers(new Map());
      return;
    }
    const askOne = async (path: string) => {
      let answer: ModelAnswer;
      try {
        const body = { path, texts: [JSON.parse(question)] };
        answer = { value: await ask<ModelAnswers>("/api/predict", { body, signal: gone.signal }) };
      } catch (error) {
        answer = { problem: messageOf(error) };
      }
      if (!gone.signal.aborted) setAnswers((before) => new Map(before).set(path, answer));
    };
    const timer = setTimeout(async () => {
      // One after the other: each has all cores for itself, so that their times can be compared.
      for (const path of paths) if (!gone.signal.aborted) await askOne(path);
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      gone.abort();
    };
  }, [paths, question]);
  return answers;
}

interface AnswersProps {
  readonly rows: readonly RunRow[];
  readonly answers: ReadonlyMap<string, ModelAnswer>;
  readonly explained: string;
  readonly onExplain: (path: string) => void;
}

const SHOWN_SCORES = 4;

function Answers({ rows, answers, explained, onExplain }: AnswersProps) {
  return (
    <Scroll name="Answers">
      <table class="wide">
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col">Answer</th>
            <th scope="col">Probabilities</th>
            <th scope="col" class="figures">
              Time
            </th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody aria-live="polite">
          {rows.map((row) => {
            const { value, problem } = answers.get(row.path) ?? {};
            const [answer] = value?.answers ?? [];
            return (
              <tr key={row.path} class="answer">
                <th scope="row">
                  <a href={linkTo("run", { path: row.path })}>{row.title}</a>
                  <small>{row.path}</small>
                </th>
                <td>
                  {problem ? <span class="quiet">{problem}</span> : <bdi class="label">{answer?.label ?? "–"}</bdi>}
                </td>
                <td class="scores">
                  {answer?.scores.slice(0, SHOWN_SCORES).map(({ label, probability }) => (
                    <div key={label} class="score">
                      <span class="bar" style={{ width: `${probability * 6}rem` }} />
                      <span>{metric(probability)}</span>
                      <bdi>{label}</bdi>
                    </div>
                  ))}
                </td>
                <td class="figures">
                  {value ? `${value.milliseconds.toFixed(value.milliseconds < 10 ? 1 : 0)} ms` : "–"}
                </td>
                <td>
                  <input
                    type="radio"
                    name="why"
                    aria-label={`Say why ${row.title} (${row.path}) answers so`}
                    checked={row.path === explained}
                    onChange={() => onExplain(row.path)}
                  />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}
