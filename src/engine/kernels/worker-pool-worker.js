/**
 * A thread of a worker pool (`worker-pool.ts`): waits for a round, takes calls until none is left, waits again. JavaScript, since every
 * version of Node starts a thread with it, compiled or not.
 */
import { receiveMessageOnPort, workerData } from "node:worker_threads";

/**
 * `WorkerData` of worker-pool.ts.
 * @type {{
 *   module: WebAssembly.Module, names: string[], control: Int32Array, records: Float64Array,
 *   layout: Record<"floats" | "arguments" | "result", number>,
 *   places: Record<"round" | "left" | "made" | "count" | "failed" | "stopped", number>,
 *   memories: import("node:worker_threads").MessagePort,
 * }}
 */
const { module, names, control, records, layout, places, memories } = workerData;
/** @type {any[]} */
const instances = [];

/** @param {number} index */
function instance(index) {
  while (instances.length <= index) {
    // Was sent before the round began, and a thread that never returns to its event loop has to ask for it.
    const memory = receiveMessageOnPort(memories)?.message;
    instances.push(new WebAssembly.Instance(module, { host: { memory } }).exports);
  }
  return instances[index];
}

/** @param {number} index */
function make(index) {
  const at = index * layout.floats;
  const [memory = 0, kernel = 0, count = 0] = records.subarray(at, at + layout.arguments);
  const first = at + layout.arguments;
  try {
    const result = instance(memory)[/** @type {string} */ (names[kernel])](...records.subarray(first, first + count));
    if (result !== undefined) records[at + layout.result] = result;
  } catch (error) {
    memories.postMessage(String(error));
    Atomics.store(control, places.failed, 1);
  }
}

for (let round = 0; ; round = Atomics.load(control, places.round)) {
  if (Atomics.load(control, places.stopped)) break;
  for (let left = Atomics.sub(control, places.left, 1); left > 0; left = Atomics.sub(control, places.left, 1)) {
    make(left - 1);
    if (Atomics.add(control, places.made, 1) + 1 === Atomics.load(control, places.count))
      Atomics.notify(control, places.made);
  }
  Atomics.wait(control, places.round, round);
}
