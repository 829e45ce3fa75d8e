/** What there is in the folder, asked for again and again while the page is seen. */
import { useEffect, useState } from "preact/hooks";
import type { FolderListing } from "../app-types.ts";
import { type AskError, ask } from "./ask.ts";

export interface FolderState {
  readonly listing: FolderListing | undefined;
  /** Why the last question had no answer. */
  readonly problem: AskError | undefined;
  /** Asks now. */
  readonly refresh: () => void;
}

const PAUSE = 1500;

export function useFolder(): FolderState {
  const [listing, setListing] = useState<FolderListing>();
  const [problem, setProblem] = useState<AskError>();
  const [asked, setAsked] = useState(0);
  // `asked` is what begins a new round.
  useEffect(() => {
    let timer = 0;
    let last = "";
    const gone = new AbortController();
    const look = async () => {
      try {
        const found = await ask<FolderListing>("/api/folder", { signal: gone.signal });
        const text = JSON.stringify(found);
        if (text !== last) setListing(found);
        last = text;
        setProblem(undefined);
      } catch (error) {
        if (gone.signal.aborted) return;
        setProblem(error as AskError);
      }
      if (!gone.signal.aborted) timer = window.setTimeout(again, PAUSE);
    };
    const again = () => (document.hidden ? undefined : look());
    const seen = () => {
      clearTimeout(timer);
      again();
    };
    document.addEventListener("visibilitychange", seen);
    look();
    return () => {
      gone.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [asked]);
  return { listing, problem, refresh: () => setAsked((count) => count + 1) };
}
