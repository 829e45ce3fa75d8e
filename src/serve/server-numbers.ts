/** What a server counts, in the text format of Prometheus. */
import { monitorEventLoopDelay } from "node:perf_hooks";

/** Upper ends of the classes of durations, in seconds. */
const CLASSES = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Milliseconds between two looks at the clock. */
const RESOLUTION = 10;

export class ServerNumbers {
  /** Requests that are being answered. */
  current = 0;
  /** Texts that were labelled. */
  texts = 0;
  readonly #requests = new Map<string, number>();
  /** Of answers to /predict: how many took at most so long. */
  readonly #within = CLASSES.map(() => 0);
  #count = 0;
  #seconds = 0;
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION });

  constructor() {
    this.#delay.enable();
  }

  close(): void {
    this.#delay.disable();
  }

  answered(path: string, status: number, seconds: number): void {
    const labels = `path="${path}",status="${status}"`;
    this.#requests.set(labels, (this.#requests.get(labels) ?? 0) + 1);
    if (path !== "/predict") return;
    this.#count++;
    this.#seconds += seconds;
    for (const [i, end] of CLASSES.entries()) if (seconds <= end) this.#within[i]!++;
  }

  text(): string {
    const duration = "attune_request_seconds";
    const lag = "nodejs_eventloop_lag_max_seconds";
    return [
      ...family("attune_requests_total", "counter", "Requests that were answered."),
      ...[...this.#requests].map(([labels, count]) => `attune_requests_total{${labels}} ${count}`),
      ...family("attune_texts_total", "counter", "Texts that were labelled."),
      `attune_texts_total ${this.texts}`,
      ...family("attune_requests_current", "gauge", "Requests that are being answered."),
      `attune_requests_current ${this.current}`,
      ...family(duration, "histogram", "Seconds that answers to /predict took."),
      ...CLASSES.map((end, i) => `${duration}_bucket{le="${end}"} ${this.#within[i]}`),
      `${duration}_bucket{le="+Inf"} ${this.#count}`,
      `${duration}_sum ${this.#seconds}`,
      `${duration}_count ${this.#count}`,
      ...family("process_resident_memory_bytes", "gauge", "Memory of the process."),
      `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
      ...family(lag, "gauge", "The longest that the server's thread was late, since this was last asked."),
      `${lag} ${this.#longestDelay()}`,
      "",
    ].join("\n");
  }

  #longestDelay(): number {
    // What is measured is the time from one look to the next.
    const seconds = Math.max(0, this.#delay.max / 1e9 - RESOLUTION / 1000);
    this.#delay.reset();
    return seconds;
  }
}

const family = (name: string, type: string, help: string): string[] => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${type}`,
];
