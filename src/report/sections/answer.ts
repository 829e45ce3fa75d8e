/** The answer in few lines, and what else follows from the numbers. */
import { failureOf } from "../../comparison/failed-settings.ts";
import { type Block, list, paragraph, type Section, strong } from "../../document/document.ts";
import { verdictLines } from "../../run/verdict.ts";
import { shortAnswer } from "../conclusions/answer.ts";
import { conclusions } from "../conclusions.ts";
import type { View } from "../view.ts";

export function answerSection(view: View): Section {
  return {
    id: "answer",
    title: "The answer",
    blocks: [
      ...failures(view),
      {
        block: "facts",
        large: true,
        items: shortAnswer(view).map(({ question, answer: said, figure, detail }) => [
          question,
          [strong(said), figure ? `: ${figure}` : ""],
          detail,
        ]),
      },
    ],
  };
}

/** What has failed comes first, before any of it could be used. */
function failures(view: View): Block[] {
  const found = view.trained.flatMap((setting) => {
    const verdict = failureOf(setting);
    return verdict ? [[strong(`${view.name(setting)}: `), verdictLines(verdict).join(" ")]] : [];
  });
  return found.length > 0
    ? [paragraph([strong("Not to be used, as they do not beat the baselines:")]), list(found)]
    : [];
}

export function conclusionsSection(view: View): Section | undefined {
  const found = conclusions(view);
  if (found.length === 0) return undefined;
  return {
    id: "conclusions",
    title: "What the numbers say",
    blocks: found.flatMap(({ topic, sentences }) => [
      { block: "heading" as const, text: topic },
      sentences.length === 1 ? paragraph(sentences[0]!) : list(sentences),
    ]),
  };
}
