/** Asks a server for its health every so often, says when the first answer came, and, told to stop, how long they took. */
import { request } from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";

export interface HealthJob {
  readonly url: string;
  readonly everyMilliseconds: number;
}

export interface Health {
  /** Of each answer, in seconds. */
  readonly seconds: readonly number[];
  /** What got another answer than "ready", or none. */
  readonly failures: number;
  /** The longest that this process itself was late, in seconds: the answers seem late by that as well. */
  readonly ownDelay: number;
}

const { url, everyMilliseconds } = JSON.parse(process.argv[2]!) as HealthJob;
const seconds: number[] = [];
let failures = 0;
let waiting = 0;
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();

function ask(): void {
  const started = performance.now();
  waiting++;
  const over = (isReady: boolean) => {
    waiting--;
    if (seconds.length + failures === 0) process.send!("begun");
    if (isReady) seconds.push((performance.now() - started) / 1000);
    else failures++;
  };
  request(`${url}/health`, (response) => {
    response.resume();
    response.on("end", () => over(response.statusCode === 200));
  })
    .on("error", () => over(false))
    .end();
}

const clock = setInterval(ask, everyMilliseconds);
process.once("message", () => {
  clearInterval(clock);
  const ended = setInterval(() => {
    if (waiting > 0) return;
    clearInterval(ended);
    process.send!({ seconds, failures, ownDelay: delay.max / 1e9 } satisfies Health);
    process.disconnect();
  }, 5);
});
