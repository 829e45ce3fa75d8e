/** One run: its course, what it found, and what it was started with. */
import { useEffect, useState } from "preact/hooks";
import { metric } from "../../base/format.ts";
import type { FolderListing, RunDetail } from "../app-types.ts";
import { ask, messageOf } from "./ask.ts";
import { Copyable, Notice, Scroll, State } from "./common.tsx";
import { CurvesView } from "./curves-view.tsx";
import { figureNames, figures, shown } from "./figures.ts";
import { useNews } from "./news.ts";
import type { Place } from "./router.ts";
import { WorkActions } from "./work-actions.tsx";

const OF_RESULT = figureNames.filter((name) => !["learningRate", "batchSize", "epochs", "rank", "seed"].includes(name));

interface Props {
  readonly listing: FolderListing;
  readonly place: Place;
  readonly refresh: () => void;
}

export function RunPage({ listing, place, refresh }: Props) {
  const path = place.query.get("path") ?? "";
  const row = listing.runs.find((one) => one.path === path);
  const [detail, setDetail] = useState<RunDetail>();
  const [problem, setProblem] = useState("");
  // It is another one when it was written again.
  const version = `${path} ${row?.changed} ${row?.state}`;
  useEffect(() => {
    const gone = new AbortController();
    ask<RunDetail>("/api/run", { query: { path }, signal: gone.signal })
      .then((found) => {
        setDetail(found);
        setProblem("");
      })
      .catch((error) => gone.signal.aborted || setProblem(messageOf(error)));
    return () => gone.abort();
  }, [path, version]);
  const followed = useNews(row ? [path] : []);
  if (!row) return <Notice bad>There is no run {path} in this folder any more.</Notice>;
  const warnings = followed.get(path)?.warnings ?? [];
  return (
    <>
      <section>
        <div class="row between">
          <div>
            <h1>{row.title}</h1>
            <p class="quiet">{row.path}</p>
          </div>
          <div class="row">
            <State state={row.state} />
            <WorkActions
              path={path}
              state={row.state}
              again={row.kind === "train" ? { run: path } : undefined}
              refresh={refresh}
            />
          </div>
        </div>
        {problem && <Notice bad>{problem}</Notice>}
        {row.reason && <Notice bad={row.state !== "interrupted"}>{row.reason}</Notice>}
      </section>
      <section>
        <h2>Course</h2>
        <CurvesView rows={[row]} followed={followed} nameOf={({ title }) => title} />
      </section>
      {detail && detail.row.path === path && <Details detail={detail} warnings={warnings} />}
    </>
  );
}

interface DetailsProps {
  readonly detail: RunDetail;
  readonly warnings: readonly string[];
}

function Details({ detail, warnings }: DetailsProps) {
  const { row, options, perClass, notes, facts, command, verdict } = detail;
  const known = OF_RESULT.filter((name) => row.figures[name] !== undefined);
  return (
    <>
      {warnings.length > 0 && (
        <section>
          {warnings.map((text) => (
            <Notice key={text}>{text}</Notice>
          ))}
        </section>
      )}
      {known.length > 0 && (
        <section class="columns">
          <div>
            <h2>Result</h2>
            {verdict.map((line) => (
              <p key={line}>{line}</p>
            ))}
            <Facts items={known.map((name) => [figures[name].title, shown(name, row.figures[name])])} />
          </div>
          {perClass.length > 0 && (
            <div>
              <h2>Each label, on test</h2>
              <Scroll name="Each label, on test">
                <table>
                  <thead>
                    <tr>
                      <th scope="col">Label</th>
                      {["Precision", "Recall", "F1", "Texts"].map((title) => (
                        <th scope="col" class="figures" key={title}>
                          {title}
                        </th>
                      ))}
                    </tr>
                  </thead>
                  <tbody>
                    {perClass.map(({ label, precision, recall, f1, support }) => (
                      <tr key={label}>
                        <th scope="row">
                          <bdi>{label}</bdi>
                        </th>
                        {[precision, recall, f1].map((value, i) => (
                          <td class="figures" key={String(i)}>
                            {metric(value)}
                          </td>
                        ))}
                        <td class="figures">{support}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </Scroll>
            </div>
          )}
        </section>
      )}
      <section>
        <h2>Started with</h2>
        {command && <Copyable text={command} name="the command" />}
        <Facts items={Object.entries(facts)} />
        <details>
          <summary>All options</summary>
          <Facts items={Object.entries(options).map(([key, value]) => [key, said(value)])} />
        </details>
        {notes.length > 0 && (
          <>
            <h3>Notes</h3>
            <ul>
              {notes.map((note) => (
                <li key={note}>{note}</li>
              ))}
            </ul>
          </>
        )}
      </section>
    </>
  );
}

const said = (value: unknown): string => (typeof value === "object" ? JSON.stringify(value) : String(value));

const Facts = ({ items }: { readonly items: readonly (readonly [string, string])[] }) => (
  <dl class="facts">
    {items.map(([term, text]) => (
      <div key={term}>
        <dt>{term}</dt>
        <dd>{text}</dd>
      </div>
    ))}
  </dl>
);
