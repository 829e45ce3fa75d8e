/** The data: where they are, how they were read, and what is in them. */
import { grouped } from "../../base/format.ts";
import { code, type Fact, list, type Section } from "../../document/document.ts";
import { dataBlocks } from "../data-blocks.ts";
import type { View } from "../view.ts";

export function dataSection({ comparison: { data } }: View): Section {
  const { path, sha256, reading, trainedOn, counts, notes } = data;
  const train = data.ofTexts ?? counts.train?.reduce((a, b) => a + b, 0);
  const items: Fact[] = [
    ["Path", [code(path)]],
    ["SHA-256", [code(sha256)]],
  ];
  if (reading !== undefined) items.push(["Read as", reading]);
  if (trainedOn !== undefined && train !== undefined && trainedOn < train)
    items.push([
      "Trained on",
      `${grouped(trainedOn)} of ${grouped(train)} training texts (--limit); validation and test are whole`,
    ]);
  return {
    id: "data",
    title: "The data",
    blocks: [{ block: "facts", items }, ...(notes.length > 0 ? [list(notes)] : []), ...dataBlocks(data)],
  };
}
