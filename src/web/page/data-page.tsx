/** Data: what an audit found, one issue at a time, decided with a key; and a new audit. */
import { useEffect, useState } from "preact/hooks";
import type { FolderListing, ReviewQueue } from "../app-types.ts";
import { ask, messageOf } from "./ask.ts";
import { Action, Copyable, Notice } from "./common.tsx";
import { Review } from "./review.tsx";
import { linkTo, type Place } from "./router.ts";
import { SourceField } from "./source-field.tsx";

export function DataPage({ listing, place }: { readonly listing: FolderListing; readonly place: Place }) {
  const path = place.query.get("path") ?? "";
  if (path !== "") return <OneList path={path} key={path} />;
  return (
    <>
      <h1>Data</h1>
      <section>
        <h2>Reviews</h2>
        {listing.issues.length === 0 ? (
          <p class="quiet">No audit has been made in this folder yet.</p>
        ) : (
          <ul>
            {listing.issues.map((issues) => (
              <li key={issues}>
                <a href={linkTo("data", { path: issues })}>{issues}</a>
              </li>
            ))}
          </ul>
        )}
      </section>
      <section>
        <h2>New audit</h2>
        <p>
          Looks for labels that are probably wrong, texts that are repeated or contradict each other, and texts that do
          not belong there.
        </p>
        <NewAudit listing={listing} />
      </section>
    </>
  );
}

function NewAudit({ listing }: { readonly listing: FolderListing }) {
  const [data, setData] = useState("");
  const [model, setModel] = useState("attune:mini");
  const [started, setStarted] = useState("");
  const start = async () => {
    const name =
      data
        .split(/[/:]/)
        .at(-1)!
        .replace(/\..*$/, "")
        .replace(/[^\p{L}\p{N}_-]+/gu, "-") || "data";
    const taken = new Set(listing.issues.map((issues) => issues.replace(/\/[^/]*$/, "")));
    let out = `audits/${name}`;
    for (let count = 2; taken.has(out); count++) out = `audits/${name}-${count}`;
    await ask("/api/audit", { body: { data, model, out } });
    setStarted(out);
  };
  const mine = listing.jobs.find(({ out }) => out === started);
  const isDone = listing.issues.includes(`${started}/issues.csv`);
  return (
    <>
      <div class="columns">
        <SourceField
          label="Labelled texts"
          note="In this folder, with Attune, or on the Hub."
          value={data}
          choices={[...listing.tables, "attune:emotions"]}
          onChange={setData}
        />
        <SourceField
          label="Model whose features are looked at"
          note="A larger one sees more."
          value={model}
          choices={["attune:mini", ...listing.models]}
          onChange={setModel}
        />
      </div>
      <p class="row">
        <Action main disabled={data === "" || model === ""} work={start}>
          Start
        </Action>
      </p>
      {started !== "" && (
        <Notice bad={mine?.state === "failed"}>
          {isDone ? (
            <p>
              Done: <a href={linkTo("data", { path: `${started}/issues.csv` })}>{started}/issues.csv</a>
            </p>
          ) : (
            <p>
              {started}: {mine?.said || "the audit has begun"}
            </p>
          )}
        </Notice>
      )}
    </>
  );
}

function OneList({ path }: { readonly path: string }) {
  const [queue, setQueue] = useState<ReviewQueue>();
  const [problem, setProblem] = useState("");
  useEffect(() => {
    ask<ReviewQueue>("/api/review", { query: { path } })
      .then(setQueue)
      .catch((error) => setProblem(messageOf(error)));
  }, [path]);
  return (
    <>
      <h1>Review</h1>
      <p class="quiet">
        {path} · <a href={linkTo("data")}>all reviews</a>
      </p>
      {problem && <Notice bad>{problem}</Notice>}
      {queue && <Review path={path} queue={queue} setQueue={setQueue} />}
      {queue && (
        <section>
          <h2>Apply</h2>
          <p class="quiet">
            Decisions are kept in {queue.saved}. This writes the data with them into a new place; the data themselves
            stay as they are:
          </p>
          <Copyable text={queue.command} name="the command" />
        </section>
      )}
    </>
  );
}
