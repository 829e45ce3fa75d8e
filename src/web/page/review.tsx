/** One issue after the other: its text, its label, what is suggested, and texts like it; decided with a button or a key. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { metric } from "../../base/format.ts";
import type { Decision, ReviewIssue, ReviewQueue } from "../app-types.ts";
import { ask, messageOf } from "./ask.ts";
import { Notice, Scroll } from "./common.tsx";

const KINDS: Readonly<Record<string, string>> = {
  label: "Label is probably wrong",
  contradiction: "Same text, other label",
  leak: "Stands in two splits",
  duplicate: "Repeated",
  outlier: "Like no other text",
  language: "Other script",
  markup: "Markup",
  empty: "Empty",
};

const DONE: Readonly<Record<Decision, string>> = {
  accept: "suggestion accepted",
  keep: "kept as it is",
  relabel: "relabelled",
  remove: "removed",
};

interface Props {
  readonly path: string;
  readonly queue: ReviewQueue;
  readonly setQueue: (queue: ReviewQueue) => void;
}

export function Review({ path, queue, setQueue }: Props) {
  const [kind, setKind] = useState("");
  const [line, setLine] = useState<number>();
  const [problem, setProblem] = useState("");
  const newLabel = useRef<HTMLSelectElement>(null);
  const shown = useMemo(() => ofKind(queue, kind), [queue, kind]);
  const issue = issueAt(shown, line);
  const at = issue ? shown.indexOf(issue) : -1;
  const decided = shown.filter(({ decision }) => decision !== "").length;
  // Keys may come faster than the page is drawn, and than decisions are written: each works on what the one before left.
  const now = useRef({ queue, shown, line });
  now.current = { queue, shown, line };
  const work = useRef(Promise.resolve());
  const afterwards = (next: () => unknown) => {
    work.current = work.current.then(async () => void (await next()));
  };

  const move = (by: number) =>
    afterwards(() => {
      const { shown: list, line: from } = now.current;
      const shownNow = issueAt(list, from);
      if (!shownNow) return;
      const place = list.indexOf(shownNow) + by;
      const next = list[Math.min(list.length - 1, Math.max(0, place))]?.line;
      now.current = { ...now.current, line: next };
      setLine(next);
    });
  const decide = (decision: Decision | "", label = "") =>
    afterwards(async () => {
      const { queue: before, shown: list, line: from } = now.current;
      const decidedIssue = issueAt(list, from);
      if (!decidedIssue || (decision === "accept" && !canAccept(decidedIssue))) return;
      const { line: place, row, kind: own } = decidedIssue;
      setProblem("");
      try {
        await ask("/api/decide", { body: { path, line: place, row, kind: own, decision, newLabel: label } });
      } catch (error) {
        setProblem(messageOf(error));
        return;
      }
      const issues = before.issues.map((one) => (one.line === place ? { ...one, decision, newLabel: label } : one));
      const after = { ...before, issues };
      // The next one comes, but for what was taken back.
      const next = decision === "" ? place : (list[list.indexOf(decidedIssue) + 1]?.line ?? place);
      now.current = { queue: after, shown: ofKind(after, kind), line: next };
      setQueue(after);
      setLine(next);
    });

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return;
      const does = keys(decide, move, () => newLabel.current?.focus())[event.key];
      if (!does) return;
      event.preventDefault();
      does();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });

  const kinds = [...new Set(queue.issues.map((one) => one.kind))];
  return (
    <section>
      <div class="row between">
        <label>
          Kind
          <select
            value={kind}
            onChange={({ currentTarget }) => {
              setKind(currentTarget.value);
              setLine(undefined);
            }}
          >
            <option value="">all</option>
            {kinds.map((one) => (
              <option key={one} value={one}>
                {KINDS[one] ?? one}
              </option>
            ))}
          </select>
        </label>
        <span class="quiet" aria-live="polite">
          {decided} of {shown.length} decided
        </span>
      </div>
      {problem && <Notice bad>{problem}</Notice>}
      {issue ? (
        <>
          <Issue issue={issue} />
          <div class="row decisions">
            {canAccept(issue) && (
              <button type="button" class="main" onClick={() => decide("accept")}>
                {issue.kind === "label" ? (
                  <>
                    Label it <bdi>{issue.suggested}</bdi>
                  </>
                ) : (
                  "Remove it"
                )}{" "}
                <kbd>a</kbd>
              </button>
            )}
            <button type="button" onClick={() => decide("keep")}>
              Keep it <kbd>k</kbd>
            </button>
            <label>
              Label it
              <select
                ref={newLabel}
                value={issue.decision === "relabel" ? issue.newLabel : ""}
                onChange={({ currentTarget }) => {
                  const label = currentTarget.value;
                  currentTarget.blur();
                  if (label !== "") decide("relabel", label);
                }}
              >
                <option value="">other …</option>
                {queue.labels.map((label) => (
                  <option key={label}>{label}</option>
                ))}
              </select>
              <kbd>r</kbd>
            </label>
            {issue.kind === "label" || !canAccept(issue) ? (
              <button type="button" onClick={() => decide("remove")}>
                Remove it <kbd>x</kbd>
              </button>
            ) : null}
            <button type="button" disabled={issue.decision === ""} onClick={() => decide("")}>
              Take back <kbd>u</kbd>
            </button>
          </div>
          <div class="row between">
            <button type="button" disabled={at <= 0} onClick={() => move(-1)}>
              Back <kbd>←</kbd>
            </button>
            <span class="quiet">
              {at + 1} of {shown.length}
            </span>
            <button type="button" disabled={at >= shown.length - 1} onClick={() => move(1)}>
              Next <kbd>→</kbd>
            </button>
          </div>
        </>
      ) : (
        <p class="quiet">There is nothing to decide.</p>
      )}
    </section>
  );
}

const ofKind = ({ issues }: ReviewQueue, kind: string): readonly ReviewIssue[] =>
  issues.filter((issue) => kind === "" || issue.kind === kind);

/** Where one left off, without a place: the first that is not decided. */
const issueAt = (shown: readonly ReviewIssue[], line: number | undefined): ReviewIssue | undefined =>
  shown.find((one) => one.line === line) ?? shown.find(({ decision }) => decision === "") ?? shown[0];

const canAccept = ({ kind, suggested }: ReviewIssue): boolean =>
  kind !== "contradiction" && (kind !== "label" || suggested !== "");

type Decide = (decision: Decision | "", label?: string) => unknown;

function keys(
  decide: Decide,
  move: (by: number) => void,
  relabel: () => void,
): Readonly<Record<string, (() => unknown) | undefined>> {
  return {
    a: () => decide("accept"),
    k: () => decide("keep"),
    r: relabel,
    x: () => decide("remove"),
    u: () => decide(""),
    ArrowRight: () => move(1),
    j: () => move(1),
    ArrowLeft: () => move(-1),
  };
}

function Issue({ issue }: { readonly issue: ReviewIssue }) {
  const { kind, text, pair, given, suggested, probability, givenProbability, why, where, decision, newLabel, similar } =
    issue;
  return (
    <article class="issue" aria-live="polite">
      <div class="row between">
        <strong>{KINDS[kind] ?? kind}</strong>
        <span class="quiet">{decision === "" ? "not decided" : DONE[decision]}</span>
      </div>
      <blockquote>
        <bdi>{text}</bdi>
        {pair !== "" && (
          <>
            <br />
            <bdi>{pair}</bdi>
          </>
        )}
      </blockquote>
      <dl class="facts">
        <div>
          <dt>Label in the data</dt>
          <dd>
            <bdi>{given}</bdi>{" "}
            {givenProbability !== undefined && <span class="quiet">probability {metric(givenProbability)}</span>}
          </dd>
        </div>
        {suggested !== "" && (
          <div>
            <dt>Suggested</dt>
            <dd>
              <bdi>{suggested}</bdi>{" "}
              {probability !== undefined && <span class="quiet">probability {metric(probability)}</span>}
            </dd>
          </div>
        )}
        {decision === "relabel" && (
          <div>
            <dt>New label</dt>
            <dd>
              <bdi>{newLabel}</bdi>
            </dd>
          </div>
        )}
      </dl>
      <p class="quiet">
        {why} {where}
      </p>
      {similar.length > 0 && (
        <Scroll name="Texts like it">
          <table class="wide">
            <caption>Texts like it</caption>
            <thead>
              <tr>
                <th scope="col">Text</th>
                <th scope="col">Label</th>
                <th scope="col" class="figures">
                  Similarity
                </th>
              </tr>
            </thead>
            <tbody>
              {similar.map((one) => (
                <tr key={`${one.split} ${one.row}`}>
                  <td>
                    <bdi>{one.text}</bdi>
                  </td>
                  <td>
                    <bdi>{one.label}</bdi>
                  </td>
                  <td class="figures">{one.similarity.toFixed(3)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </article>
  );
}
