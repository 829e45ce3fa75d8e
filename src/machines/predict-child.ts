/** The program of that process. */
import { load } from "../classifier/classifier.ts";
import { writePredictions } from "../classifier/write-predictions.ts";
import { serveParent } from "../study/serve-parent.ts";
import type { PredictJob, TextsDone } from "./predict-process.ts";

serveParent<PredictJob, TextsDone>(async ({ folder, load: loading, reading, top, data, out }, tell, signal) => {
  const classifier = await load(folder, { ...loading, signal });
  try {
    const found = await classifier.predictTable({ ...reading, data, signal });
    const see = (done: number, total: number) => tell({ done, total });
    const most = top && Math.min(top, classifier.labels.length);
    const count = await writePredictions(found, out, { top: most, signal, see });
    tell({ done: count, total: count });
  } finally {
    await classifier.dispose();
  }
}, "put that right on this machine");
