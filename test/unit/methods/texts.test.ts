import { expect, test } from "vitest";
import { methodNames, methodOf } from "../../../src/methods/registry.ts";

const sentences = (text: string): string[] => text.split(/(?<=[.!?])\s+/);

test.each(methodNames)("%s says in three sentences how it works, and when to choose it", (name) => {
  const { about, chooseWhen, paper } = methodOf(name);
  expect(sentences(about)).toHaveLength(3);
  expect(sentences(chooseWhen)).toHaveLength(1);
  for (const sentence of [...sentences(about), chooseWhen]) expect(sentence).toMatch(/^[A-Z].{20,}\.$/);
  if (name !== "none") expect(paper?.url).toMatch(/^https:\/\/arxiv\.org\/abs\//);
});
