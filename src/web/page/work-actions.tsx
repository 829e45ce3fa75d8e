/** What one can do with a run or a study: stop it, go on with it, begin another one like it. */
import type { WorkState } from "../app-types.ts";
import { ask } from "./ask.ts";
import { Action } from "./common.tsx";
import { linkTo, type Query } from "./router.ts";

interface Props {
  readonly path: string;
  readonly state: WorkState;
  /** What the form for something new is filled with; undefined where it cannot be. */
  readonly again: Query | undefined;
  readonly refresh: () => void;
}

export function WorkActions({ path, state, again, refresh }: Props) {
  const change = (way: "stop" | "resume") => () => ask(`/api/${way}`, { body: { path } }).then(refresh);
  return (
    <>
      {state === "running" && (
        <Action work={change("stop")}>
          Stop<span class="unseen"> {path}</span>
        </Action>
      )}
      {(state === "interrupted" || state === "failed") && (
        <Action work={change("resume")}>
          Go on<span class="unseen"> with {path}</span>
        </Action>
      )}
      {again && state !== "unreadable" && (
        <a class="button" href={linkTo("new", again)}>
          Again with …<span class="unseen"> the options of {path}</span>
        </a>
      )}
    </>
  );
}
