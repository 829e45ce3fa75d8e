/** For each text those that are most like it, by the cosine of their frozen features: all pairs, in blocks. */
import { AttuneError } from "../base/error.ts";
import { nextTurn } from "../base/event-loop.ts";
import type { Engine } from "../engine/engine.ts";
import { float32 } from "../engine/engine-tensors.ts";
import { input } from "../graph/ops/leaf.ts";
import { product } from "../graph/ops/linalg.ts";
import type { TextFeatures } from "./text-features.ts";

/** As many as outliers are judged by. */
export const NEIGHBOURS = 10;

export interface Neighbours {
  /** How many each text has: fewer than `NEIGHBOURS` where there are not more texts. */
  readonly each: number;
  /** [texts, each], the nearest first. */
  readonly texts: Int32Array;
  /** [texts, each]: cosines. */
  readonly similarities: Float32Array;
}

const [QUERIES, TEXTS, COSINES] = ["queries", "texts", "cosines"];
/** Cosines that are computed at once: 512 × 8192 are 16 MB. */
const [BLOCK, CHUNK] = [512, 8192];

export interface NeighbourOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of texts that are done. */
  readonly onTexts?: (done: number) => void;
}

export async function findNeighbours(
  { count, width, values }: TextFeatures,
  engine: Engine,
  { signal, onTexts }: NeighbourOptions = {},
): Promise<Neighbours> {
  const unit = unitRows(values, width);
  const each = Math.min(NEIGHBOURS, count - 1);
  const found: Neighbours = {
    each,
    texts: new Int32Array(count * each).fill(-1),
    similarities: new Float32Array(count * each).fill(Number.NEGATIVE_INFINITY),
  };
  const rowsOf = (name: string) => input(name, "float32", [name, width]);
  const program = await engine.compile({
    [COSINES]: product(rowsOf(QUERIES), rowsOf(TEXTS), { transB: true }),
  });
  const cosines = new Float32Array(BLOCK * CHUNK);
  const part = (from: number, to: number) => float32(unit.subarray(from * width, to * width), [to - from, width]);
  try {
    for (let from = 0; from < count; from += BLOCK) {
      await nextTurn();
      if (signal?.aborted)
        throw new AttuneError("audit/interrupted", "stopped while neighbours were found", "interrupted");
      const to = Math.min(count, from + BLOCK);
      for (let first = 0; first < count; first += CHUNK) {
        const last = Math.min(count, first + CHUNK);
        const out = cosines.subarray(0, (to - from) * (last - first));
        const inputs = { [QUERIES]: part(from, to), [TEXTS]: part(first, last) };
        await program.run(inputs, { [COSINES]: float32(out, [to - from, last - first]) });
        for (let text = from; text < to; text++)
          keepNearest(
            found,
            text,
            first,
            out.subarray((text - from) * (last - first), (text - from + 1) * (last - first)),
          );
      }
      onTexts?.(to);
    }
  } finally {
    await program.dispose();
  }
  return found;
}

/** Takes those into a text's list that are nearer than its last; `row` are cosines of the texts from `first` on. */
function keepNearest({ each, texts, similarities }: Neighbours, text: number, first: number, row: Float32Array): void {
  const [begin, end] = [text * each, (text + 1) * each];
  let least = similarities[end - 1]!;
  for (let k = 0; k < row.length; k++) {
    const similarity = row[k]!;
    if (similarity <= least || first + k === text) continue;
    let place = end - 1;
    for (; place > begin && similarities[place - 1]! < similarity; place--) {
      similarities[place] = similarities[place - 1]!;
      texts[place] = texts[place - 1]!;
    }
    similarities[place] = similarity;
    texts[place] = first + k;
    least = similarities[end - 1]!;
  }
}

/** Rows of length 1; one of zeros stays, and is like nothing. */
function unitRows(values: Float32Array, width: number): Float32Array {
  const unit = values.slice();
  for (let from = 0; from < unit.length; from += width) {
    const row = unit.subarray(from, from + width);
    let square = 0;
    for (const x of row) square += x * x;
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let k = 0; k < width; k++) row[k]! *= scale;
  }
  return unit;
}
