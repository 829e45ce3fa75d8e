/** Runs and studies: what there is, how it goes on, and how it compares. */
import { useCallback, useMemo, useState } from "preact/hooks";
import type { FolderListing, RunRow, StudyRow } from "../app-types.ts";
import { addressOf, ask } from "./ask.ts";
import { Action, Notice, Scroll, State } from "./common.tsx";
import { CurvesView } from "./curves-view.tsx";
import { useNews } from "./news.ts";
import { linkTo, type Place, replacePlace } from "./router.ts";
import { RunTable } from "./run-table.tsx";
import { Scatter } from "./scatter.tsx";
import { WorkActions } from "./work-actions.tsx";

/** The server follows no more at a time. */
const MOST_CHOSEN = 24;

interface Props {
  readonly listing: FolderListing;
  readonly place: Place;
  readonly refresh: () => void;
}

export function RunsPage({ listing, place, refresh }: Props) {
  const { runs, studies } = listing;
  const study = place.query.get("study") ?? "";
  const asked = place.query.getAll("show");
  const known = useMemo(() => new Map(runs.map((row) => [row.path, row])), [runs]);
  const usual = usualChoice(listing, study);
  const chosen = (place.query.has("show") ? asked : usual).filter((path) => known.has(path)).slice(0, MOST_CHOSEN);
  const followed = useNews(chosen);
  const [shownRows, setShownRows] = useState<readonly RunRow[]>(runs);
  const isOneStudy = new Set(chosen.map((path) => known.get(path)!.study)).size <= 1;
  const nameOf = useCallback(
    (row: RunRow) => {
      const seed = row.figures.seed === undefined ? "" : `, seed ${row.figures.seed}`;
      const where = row.study === undefined ? row.path : isOneStudy ? "" : row.study;
      return `${row.title}${row.study === undefined ? "" : seed}${where && ` · ${where}`}`;
    },
    [isOneStudy],
  );
  const move = (change: { readonly study?: string; readonly show?: readonly string[] }) => {
    const query = { study, show: place.query.has("show") ? asked : chosen, ...change };
    const show = query.show.length > 0 ? query.show : [""]; // None is a choice, too.
    replacePlace("runs", { ...(query.study && { study: query.study }), show });
  };
  if (runs.length === 0 && studies.length === 0 && listing.jobs.length === 0)
    return (
      <section>
        <h1>Runs and studies</h1>
        <p>
          There are none in this folder yet. Begin with <a href={linkTo("new")}>a new one</a>.
        </p>
      </section>
    );
  const rows = chosen.map((path) => known.get(path)!);
  return (
    <>
      <h1 class="unseen">Runs and studies</h1>
      {listing.isCut && (
        <Notice>This folder holds more than is shown here. Start attune app in the folder of your runs.</Notice>
      )}
      <Jobs listing={listing} refresh={refresh} />
      {studies.length > 0 && (
        <section>
          <h2>Studies</h2>
          <Studies
            studies={studies}
            refresh={refresh}
            onChoose={({ path }) =>
              move({
                study: path,
                show: runs
                  .filter((row) => row.study === path)
                  .map((row) => row.path)
                  .slice(0, MOST_CHOSEN),
              })
            }
          />
        </section>
      )}
      <section>
        <h2>Course</h2>
        {rows.length > 0 ? (
          <CurvesView rows={rows} followed={followed} nameOf={nameOf} />
        ) : (
          <p class="quiet">Choose runs in the table below to see their courses side by side.</p>
        )}
      </section>
      <section>
        <h2>Runs</h2>
        <RunTable
          rows={runs}
          chosen={chosen}
          onChoose={(show) => move({ show })}
          onFiltered={setShownRows}
          study={study}
          studies={studies.map(({ path }) => path)}
          onStudy={(path) => move({ study: path })}
        />
      </section>
      <section>
        <h2>Two figures against each other</h2>
        <Scatter rows={shownRows} nameOf={nameOf} />
      </section>
    </>
  );
}

/** Without a choice: the runs of the study that is looked at, or else what is going on, with what belongs to it. */
function usualChoice({ runs, studies }: FolderListing, study: string): string[] {
  const going = new Set(studies.filter(({ state }) => state === "running").map(({ path }) => path));
  const isUsual = ({ study: own = "", state }: RunRow) =>
    study ? own === study : state === "running" || going.has(own);
  return runs.filter(isUsual).map(({ path }) => path);
}

function Jobs({ listing, refresh }: Pick<Props, "listing" | "refresh">) {
  return (
    <>
      {listing.jobs.map(({ id, out, state, said }) => (
        <Notice key={id} bad={state === "failed"}>
          <p>
            <strong>{out}</strong> {state === "running" ? "is being prepared." : "ended with an error."}
          </p>
          <p class="quiet mono">{said}</p>
          <Action work={() => ask("/api/stop-job", { body: { id } }).then(refresh)}>
            {state === "running" ? "Stop" : "Dismiss"}
          </Action>
        </Notice>
      ))}
    </>
  );
}

interface StudiesProps {
  readonly studies: readonly StudyRow[];
  readonly onChoose: (study: StudyRow) => void;
  readonly refresh: () => void;
}

function Studies({ studies, onChoose, refresh }: StudiesProps) {
  return (
    <Scroll name="Studies">
      <table class="wide">
        <thead>
          <tr>
            <th scope="col">Study</th>
            <th scope="col">State</th>
            <th scope="col">Model and data</th>
            <th scope="col">Report</th>
            <th scope="col">
              <span class="unseen">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {studies.map((study) => (
            <tr key={study.path}>
              <th scope="row">
                <button type="button" class="plain link" onClick={() => onChoose(study)}>
                  {study.path}
                </button>
                <small>{study.began.slice(0, 10)}</small>
              </th>
              <td>
                <State state={study.state} />
                <small>
                  {study.done} of {study.runs} runs done{study.failed.length > 0 && `, ${study.failed.length} failed`}
                </small>
              </td>
              <td>
                {study.model}
                <small>{study.data}</small>
              </td>
              <td>
                {study.hasReport && (
                  <a href={addressOf("/api/report", { path: study.path })} target="_blank" rel="noreferrer">
                    Report<span class="unseen"> of {study.path}, in a new tab</span>
                  </a>
                )}
              </td>
              <td>
                <div class="row">
                  <WorkActions path={study.path} state={study.state} again={{ study: study.path }} refresh={refresh} />
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
