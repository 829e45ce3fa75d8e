/** The answer in five lines, and what else follows from the numbers. */
import { answer } from "../conclusions/answer.ts";
import { conclusions } from "../conclusions.ts";
import { list, paragraph, type Section, strong } from "../document.ts";
import type { View } from "../view.ts";

export function answerSection(view: View): Section {
  return {
    id: "answer",
    title: "The answer",
    blocks: [
      {
        block: "facts",
        large: true,
        items: answer(view).map(({ question, answer: said, figure, detail }) => [
          question,
          [strong(said), figure ? `: ${figure}` : ""],
          detail,
        ]),
      },
    ],
  };
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
