/** The program of that process. */
import { load } from "../classifier/classifier.ts";
import { predictIntoFile } from "../classifier/write-predictions.ts";
import { serveParent } from "../study/serve-parent.ts";
import type { PredictJob, TextsDone } from "./predict-process.ts";

serveParent<PredictJob, TextsDone>(async ({ folder, load: loading, reading, top, data, out }, tell, signal) => {
  const classifier = await load(folder, { ...loading, signal });
  try {
    const see = (done: number, total: number) => tell({ done, total });
    await predictIntoFile(classifier, { ...reading, data }, out, { top, signal, see });
  } finally {
    await classifier.dispose();
  }
}, "put that right on this machine");
