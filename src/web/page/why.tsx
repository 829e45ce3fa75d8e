/** Which words speak for an answer, and which against it: shown over the text, and as figures. */
import { useMemo } from "preact/hooks";
import type { RunRow, WordWeight, WordWeights } from "../app-types.ts";
import { Notice } from "./common.tsx";
import { useAnswer } from "./use-answer.ts";

interface Props {
  readonly row: RunRow;
  readonly text: string | readonly [string, string];
  readonly label: string;
}

const SHOWN = 5;
/** So little does not show. */
const LEAST = 0.005;

export function Why({ row, text, label }: Props) {
  const question = useMemo(() => ({ path: row.path, text, label }), [row.path, text, label]);
  const { value, problem, isBusy } = useAnswer<WordWeights>("/api/why", question);
  const sides = value?.sides ?? [text].flat().map((side) => [{ text: side, weight: null }]);
  const words = value?.sides.flat().filter(({ weight }) => weight !== null && Math.abs(weight) >= LEAST) ?? [];
  const strongest = words.sort((a, b) => Math.abs(b.weight!) - Math.abs(a.weight!)).slice(0, SHOWN);
  const most = Math.max(LEAST, ...words.map(({ weight }) => Math.abs(weight!)));
  return (
    <div class="why" aria-busy={isBusy}>
      {problem && <Notice bad>{problem}</Notice>}
      <p class="quiet">
        For <bdi>{label}</bdi>, by {row.title}: how much less probable it is without the word.
      </p>
      {sides.map((side, i) => (
        <p key={String(i)} class="words">
          {side.map((piece, k) => (
            <Word key={String(k)} piece={piece} most={most} />
          ))}
        </p>
      ))}
      <p class="quiet" aria-live="polite">
        {value &&
          (strongest.length > 0
            ? strongest.map(({ text: word, weight }) => `${word} ${signed(weight!)}`).join(", ")
            : "No single word matters much.")}
      </p>
    </div>
  );
}

function Word({ piece: { text, weight }, most }: { readonly piece: WordWeight; readonly most: number }) {
  if (weight === null || Math.abs(weight) < LEAST) return <>{text}</>;
  const share = Math.round((45 * Math.abs(weight)) / most);
  return (
    <mark class={weight > 0 ? "for" : "against"} style={{ "--share": `${share}%` }} title={signed(weight)}>
      {text}
    </mark>
  );
}

const signed = (weight: number): string => `${weight < 0 ? "−" : "+"}${Math.abs(weight).toFixed(2)}`;
