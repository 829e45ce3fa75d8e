/** What is seen in data, as a terminal, a page and Markdown show it. */
import { expect, test } from "vitest";
import { htmlOf } from "../../../src/document/html.ts";
import { markdownOf } from "../../../src/document/markdown.ts";
import { plainText } from "../../../src/document/plain-text.ts";
import { inspectDataset } from "../../../src/inspection/inspect-texts.ts";
import { dataBlocks, type SeenData } from "../../../src/report/data-blocks.ts";
import { loadDataset } from "../../../src/tables/load-dataset.ts";
import { scratchFolder } from "../tables/scratch.ts";

const { folder } = scratchFolder();
const csv = (...rows: readonly string[]) => ["text,label", ...rows].join("\n");
const FILES = {
  "train.csv": csv("one two,joy", "one two,\u001bfear", '"three, four five",joy', ",joy", "fish &amp; chips,joy"),
  "validation.csv": csv("one two,joy", "v,joy"),
  "test.csv": csv("one two,joy", "t,\u001bfear", "v,joy"),
};

const seen = async (): Promise<SeenData> => {
  const dataset = await loadDataset({ path: folder(FILES), seed: 1, sharedTexts: "keep" });
  const tokenizer = {
    encode: (text: unknown) => ({ ids: new Int32Array(String(text).length), firstTokens: 0, truncated: false }),
  };
  return inspectDataset(dataset, { tokenizer, maxLength: 7 });
};
const written = (data: SeenData) => {
  const blocks = dataBlocks(data);
  const document = { title: "", subtitle: "", sections: [{ id: "data", title: "Data", blocks }] };
  return { plain: plainText(blocks), html: htmlOf(document), markdown: markdownOf(document, "report") };
};

test("on a terminal", async () => {
  const data = await seen();
  expect(plainText(dataBlocks(data))).toBe(`Texts by label and split.
Label           train  validation  test  of train
joy                 4           2     2    80.0 %  ████████████████████████
 fear               1           0     1    20.0 %  ██████
All                 5           2     3
Repeated texts      1           0     0

Length of a text over all splits; of tokens, special ones count and nothing is cut.
Length in  median  95 % have at most  longest
words           2                  3        3
tokens          7                 16       16

Cut: 20.0 % of the texts are longer than 7 tokens and lose their end
Empty texts: 1
Texts in two splits: 1 of test stand in train, too, 2 of test in validation, 1 of validation in train
Contradicting labels: 1 text occurs with different labels
Odd characters: of 10 texts looked at 1 with HTML
Languages: Latin script 90.0 %, none 10.0 % (a guess from frequent words and scripts)

Texts with contradicting labels, some of them:

- one two: joy or  fear

What a transformer must beat, on test.
Baseline                        accuracy  macro F1
Always the most frequent label    0.6667
Bag of words                      ${data.bagOfWords!.accuracy.toFixed(4)}    ${data.bagOfWords!.f1.toFixed(4)}

The bag of words is logistic regression on how often each of 8 words occurs, learned from 5 training texts.`);
});

test("a page and Markdown have the same, with bars and shares", async () => {
  const { html, markdown } = written(await seen());
  expect(html).toContain(
    '<td class="figures">2<small>100.0 %</small></td><td class="figures">2<small>66.7 %</small></td>' +
      '<td class="bars"><i class="bar" style="--bar:1.0000"></i>80.0\u00a0%</td>',
  );
  expect(html).toContain('<i class="bar" style="--bar:0.2500"></i>20.0\u00a0%');
  expect(markdown).toContain(
    `| joy | 4 | 2 (100.0 %) | 2 (66.7 %) | 80.0 % ${"█".repeat(24)} |\n| \ufffdfear | 1 | 0 (0.0 %) | 1 (33.3 %) | 20.0 % ██████ |`,
  );
  for (const text of ["lose their end", "different labels", "1 with HTML", "Always the most frequent label"])
    for (const content of [html, markdown]) expect(content).toContain(text);
});

test("what is not known is left out", () => {
  const data = { labels: ["a", "b"], counts: { test: [3, 1] }, notes: [] };
  expect(plainText(dataBlocks(data))).toBe(
    `Texts by label and split.\nLabel  test  of test\na         3   75.0 %  ${"█".repeat(24)}\nb         1   25.0 %  ████████\nAll       4`,
  );
  expect(dataBlocks({ ...data, counts: {} })).toEqual([]);
});

test("many labels: the most frequent ones", () => {
  const labels = Array.from({ length: 50 }, (_, i) => `label ${i}`);
  const text = plainText(dataBlocks({ labels, counts: { train: labels.map((_, i) => i) }, notes: [] }));
  expect(text).toContain("the 40 most frequent of 50 labels");
  expect(text).toMatch(/\nlabel 49 [\s\S]*\nlabel 10 /);
  expect(text).not.toMatch(/\nlabel 9 /);
});

test("any number of labels: subset accuracy and micro F1", async () => {
  const path = folder({
    "train.csv": csv("r1,x|y", "r2,x|y", "r3,x", "r4,"),
    "validation.csv": csv("v,y"),
    "test.csv": csv("t1,x|y", "t2,x", "t3,x|y"),
  });
  const data = inspectDataset(await loadDataset({ path, seed: 1, multiLabel: true }));
  const text = plainText(dataBlocks(data));
  expect(text).toMatch(/Baseline +subset accuracy +micro F1 +macro F1\n/);
  expect(text).toMatch(/Always the most frequent labels +0\.6667\n/);
  expect(text).toMatch(/^All +4 +1 +3$/m); // Texts, and not labels.
});
