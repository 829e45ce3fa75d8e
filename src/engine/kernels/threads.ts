/**
 * Kernel calls on several threads: AdamW, the gradient norm and dropout masks wait for memory, and two cores wait for it
 * side by side. A call is made whole by one thread, so results do not depend on how many there are.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { AttuneError } from "../../base/error.ts";
import { isShared, type KernelCall, type Kernels, kernelModule } from "./kernels.ts";
import { alone, type WorkerPool } from "./worker-pool.ts";

/**
 * ONNX Runtime's binding reads memory that threads share from Node 22 on; before, Node's interface for such bindings
 * takes it for no memory at all. A test holds this.
 */
export const engineReadsSharedMemory = Number.parseInt(process.versions.node, 10) >= 22;

/** A pool of so many threads, where the engine can work on what they share. */
export const workerPoolOf = (threads: number): WorkerPool =>
  threads > 1 && engineReadsSharedMemory ? new Threads(threads) : alone;

const NAMES: readonly (keyof Kernels)[] = [
  "adamw",
  "adamwRows",
  "sumOfSquares",
  "add",
  "addRows",
  "dropoutMask",
  "quantizeRows",
];

/** Numbers that threads wait for and take from. */
const PLACES = { round: 0, left: 1, made: 2, count: 3, failed: 4, stopped: 5 } as const;
/** A call: the memory's number, the kernel's, how many arguments, these, and at the end what it returns. */
const LAYOUT = { floats: 24, arguments: 3, result: 23 } as const;
const MOST_CALLS = 1024;
/** Below this waking a thread takes longer than it saves: a quarter of a millisecond on one thread. */
const FEWEST_FLOATS = 2 ** 21;

/** What a thread is started with. Not exported: it would bring Node's types into the package's. */
interface WorkerData {
  readonly module: WebAssembly.Module;
  readonly names: typeof NAMES;
  readonly control: Int32Array;
  readonly records: Float64Array;
  readonly layout: typeof LAYOUT;
  readonly places: typeof PLACES;
  /** Where memories arrive, in the order of their numbers; and why a kernel failed, the other way. */
  readonly memories: MessagePort;
}

/** This thread and others. They start with the first round that is worth it, and it does not wait for them. */
export class Threads implements WorkerPool {
  readonly sharesMemory = true;
  readonly #others: number;
  readonly #fewestFloats: number;
  readonly #control = new Int32Array(new SharedArrayBuffer(4 * Object.keys(PLACES).length));
  readonly #records = new Float64Array(new SharedArrayBuffer(8 * MOST_CALLS * LAYOUT.floats));
  readonly #memories: WebAssembly.Memory[] = [];
  #ports: MessagePort[] | undefined;

  constructor(threads: number, fewestFloats = FEWEST_FLOATS) {
    this.#others = threads - 1;
    this.#fewestFloats = fewestFloats;
  }

  run(calls: readonly KernelCall[]): number[] {
    const floats = calls.reduce((sum, call) => sum + call.floats, 0);
    if (floats < this.#fewestFloats || !calls.every(({ memory }) => isShared(memory))) return alone.run(calls);
    const results = new Array<number>(calls.length);
    // The longest call is taken first, which is the last one: the number of those that are left says which.
    const order = [...calls.keys()].sort((a, b) => calls[a]!.floats - calls[b]!.floats);
    for (let from = 0; from < order.length; from += MOST_CALLS) {
      const round = order.slice(from, from + MOST_CALLS);
      const found = this.#runRound(round.map((i) => calls[i]!));
      for (const [place, i] of round.entries()) results[i] = found[place]!;
    }
    return results;
  }

  #runRound(calls: readonly KernelCall[]): number[] {
    this.#start();
    for (const [i, { memory, kernel, args }] of calls.entries())
      this.#records.set([this.#numberOf(memory), NAMES.indexOf(kernel), args.length, ...args], i * LAYOUT.floats);
    const control = this.#control;
    Atomics.store(control, PLACES.made, 0);
    Atomics.store(control, PLACES.count, calls.length);
    // From here on others take calls, also one that comes late out of the round before.
    Atomics.store(control, PLACES.left, calls.length);
    Atomics.add(control, PLACES.round, 1);
    Atomics.notify(control, PLACES.round);
    for (let left = Atomics.sub(control, PLACES.left, 1); left > 0; left = Atomics.sub(control, PLACES.left, 1)) {
      this.#records[(left - 1) * LAYOUT.floats + LAYOUT.result] = calls[left - 1]!.run();
      Atomics.add(control, PLACES.made, 1);
    }
    for (let made = 0; (made = Atomics.load(control, PLACES.made)) < calls.length; )
      Atomics.wait(control, PLACES.made, made);
    if (Atomics.load(control, PLACES.failed)) {
      const reasons = this.#ports!.map((port) => receiveMessageOnPort(port)?.message as string | undefined);
      throw new AttuneError("engine/thread", `a kernel failed: ${reasons.find(Boolean)}`, "failure");
    }
    return calls.map((_, i) => this.#records[i * LAYOUT.floats + LAYOUT.result]!);
  }

  #numberOf(memory: WebAssembly.Memory): number {
    const found = this.#memories.indexOf(memory);
    if (found >= 0) return found;
    for (const port of this.#ports!) port.postMessage(memory);
    return this.#memories.push(memory) - 1;
  }

  #start(): void {
    this.#ports ??= Array.from({ length: this.#others }, () => {
      const { port1, port2: memories } = new MessageChannel();
      const shared = { module: kernelModule(true), names: NAMES, control: this.#control, records: this.#records };
      const workerData: WorkerData = { ...shared, layout: LAYOUT, places: PLACES, memories };
      const worker = new Worker(new URL("./worker-pool-worker.js", import.meta.url), {
        workerData,
        transferList: [memories],
      });
      // A thread that cannot start takes no calls, and the others make them all.
      worker.on("error", () => {});
      // Neither keeps the process from ending.
      worker.unref();
      port1.unref();
      return port1;
    });
  }

  dispose(): void {
    Atomics.store(this.#control, PLACES.stopped, 1);
    Atomics.add(this.#control, PLACES.round, 1);
    Atomics.notify(this.#control, PLACES.round);
  }
}
