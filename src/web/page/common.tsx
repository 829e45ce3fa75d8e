/** Small parts that several pages have. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { WorkState } from "../app-types.ts";
import { messageOf } from "./ask.ts";

const WORDS: Readonly<Record<WorkState, string>> = {
  running: "running",
  interrupted: "stopped",
  failed: "failed",
  done: "done",
  unreadable: "cannot be read",
};

export const State = ({ state }: { readonly state: WorkState }) => <span class={`state ${state}`}>{WORDS[state]}</span>;

/** A command or another text to take along. */
export function Copyable({ text, name }: { readonly text: string; readonly name: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <div class="copy">
      <pre>{text}</pre>
      <button type="button" onClick={copy} aria-label={`Copy ${name}`}>
        <span aria-live="polite">{isCopied ? "Copied" : "Copy"}</span>
      </button>
    </div>
  );
}

export const Notice = ({ bad = false, children }: { readonly bad?: boolean; readonly children: ComponentChildren }) => (
  <div class={bad ? "notice bad" : "notice"} role={bad ? "alert" : "status"}>
    {children}
  </div>
);

/** A button whose work takes its time, and may be refused: that is said beside it. */
export function Action({
  children,
  work,
  main = false,
  disabled = false,
}: {
  readonly children: ComponentChildren;
  readonly work: () => Promise<unknown>;
  readonly main?: boolean;
  readonly disabled?: boolean;
}) {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const go = async () => {
    setBusy(true);
    setProblem("");
    try {
      await work();
    } catch (error) {
      setProblem(messageOf(error));
    }
    setBusy(false);
  };
  return (
    <>
      <button type="button" class={main ? "main" : undefined} disabled={isBusy || disabled} onClick={go}>
        {children}
      </button>
      {problem && <Notice bad>{problem}</Notice>}
    </>
  );
}

/** What may be wider than the page, and is then scrolled, with the keyboard, too. */
export const Scroll = ({ name, children }: { readonly name: string; readonly children: ComponentChildren }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: it can be scrolled.
  <section class="scroll" tabIndex={0} aria-label={name}>
    {children}
  </section>
);
