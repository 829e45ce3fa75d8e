/** The page: its frame, and which of its parts is seen. */
import { render } from "preact";
import { useEffect } from "preact/hooks";
import type { FolderListing } from "../app-types.ts";
import "./controls.css";
import "./tables.css";
import "./play.css";
// Last: what narrow screens change.
import "./style.css";
import { Notice } from "./common.tsx";
import { DataPage } from "./data-page.tsx";
import { useFolder } from "./folder-state.ts";
import { NewPage } from "./new-page.tsx";
import { PlayPage } from "./play-page.tsx";
import { linkTo, type Place, usePlace } from "./router.ts";
import { RunPage } from "./run-page.tsx";
import { RunsPage } from "./runs-page.tsx";

const PAGES = [
  ["runs", "Runs"],
  ["new", "New"],
  ["play", "Play"],
  ["data", "Data"],
] as const;

function Application() {
  const { listing, problem, refresh } = useFolder();
  const place = usePlace();
  const title = PAGES.find(([page]) => page === place.page)?.[1] ?? "Run";
  useEffect(() => {
    document.title = `${title} – Attune`;
  }, [title]);
  return (
    <>
      <button type="button" class="skip" onClick={toContent}>
        To the content
      </button>
      <header class="top">
        <strong>Attune</strong>
        <nav aria-label="Pages">
          {PAGES.map(([page, name]) => (
            <a key={page} href={linkTo(page)} aria-current={page === place.page ? "page" : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <span class="folder quiet" title={listing?.folder}>
          {listing?.folder}
        </span>
      </header>
      <main id="main" tabIndex={-1}>
        {problem && <Gone message={problem.message} isKnown={problem.code === "app/token"} />}
        {listing && <Content listing={listing} place={place} refresh={refresh} />}
      </main>
    </>
  );
}

interface ContentProps {
  readonly listing: FolderListing;
  readonly place: Place;
  readonly refresh: () => void;
}

function Content({ listing, place, refresh }: ContentProps) {
  switch (place.page) {
    case "run":
      return <RunPage listing={listing} place={place} refresh={refresh} />;
    case "new":
      return <NewPage listing={listing} place={place} />;
    case "play":
      return <PlayPage listing={listing} />;
    case "data":
      return <DataPage listing={listing} place={place} />;
    default:
      return <RunsPage listing={listing} place={place} refresh={refresh} />;
  }
}

const toContent = (): void => document.getElementById("main")?.focus();

const Gone = ({ message, isKnown }: { readonly message: string; readonly isKnown: boolean }) => (
  <Notice bad>
    <p>{message}</p>
    <p>
      {isKnown
        ? "Open the address that attune app printed when it was last started."
        : "What it began goes on. Start attune app again to see it."}
    </p>
  </Notice>
);

// The address is shown, kept and passed on; the token is a cookie by now.
if (new URLSearchParams(location.search).has("token"))
  history.replaceState(null, "", `${location.pathname}${location.hash}`);

render(<Application />, document.getElementById("app")!);
