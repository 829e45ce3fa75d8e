/** Pre-training on the terminal: one live line while it trains, plain lines for what stays. */
import { alignColumns, duration, grouped, memory, metric } from "../base/format.ts";
import type { HeldOutMetrics, PretrainEvent } from "../pretrain/pretrain-events.ts";
import { HubProgress } from "./hub-progress.ts";
import { LiveLine } from "./live-line.ts";
import { writeOut } from "./write-text.ts";

const BAR_WIDTH = 24;
/** Steps that count for the pace. */
const WINDOW = 50;

type Event<Type extends PretrainEvent["type"]> = Extract<PretrainEvent, { type: Type }>;

/** Consumes a run's events and shows them on standard error; the result goes to standard output. */
export async function showPretraining(
  events: AsyncIterable<PretrainEvent>,
  { quiet }: { quiet: boolean },
): Promise<void> {
  const view = quiet ? undefined : new PretrainView(process.stderr);
  try {
    for await (const event of events) view?.show(event);
  } finally {
    view?.end();
  }
}

class PretrainView {
  readonly #line: LiveLine;
  readonly #hub: HubProgress;
  readonly #pace: Event<"step">[] = [];
  #out = "";

  constructor(stream: NodeJS.WriteStream) {
    this.#line = new LiveLine(stream);
    this.#hub = new HubProgress(stream);
  }

  show(event: PretrainEvent): void {
    if (event.type === "download" || event.type === "wait") this.#hub.show(event);
    else if (event.type === "start") {
      this.#out = event.out;
      for (const line of startLines(event)) this.#line.say(line);
    } else if (event.type === "heldOut") this.#line.say(`step ${grouped(event.step)}: held-out ${metricsText(event)}`);
    else if (event.type === "step") {
      this.#pace.push(event);
      if (this.#pace.length > WINDOW) this.#pace.shift();
      this.#line.show(
        () => barText(event, this.#pace),
        () => `step ${event.step}/${event.totalSteps}: ${paceText(event, this.#pace)}`,
      );
    } else if (event.type === "result") {
      this.end();
      writeOut(`${resultText(event, this.#out)}\n`);
    }
  }

  end(): void {
    this.#hub.end();
    this.#line.end();
  }
}

function startLines({ notes, passages, tokens, parameters, totalSteps, resumedAtStep }: Event<"start">): string[] {
  return [
    ...notes,
    `${grouped(passages.train)} pieces of text with ${grouped(tokens)} tokens, ${grouped(passages.heldOut)} held out`,
    `${grouped(parameters)} parameters, ${grouped(totalSteps)} steps`,
    ...(resumedAtStep > 0 ? [`going on after step ${grouped(resumedAtStep)}`] : []),
  ];
}

const metricsText = ({ loss, perplexity, distance }: HeldOutMetrics): string =>
  `loss ${metric(loss)}, perplexity ${perplexity.toFixed(2)}${distance === undefined ? "" : `, distance ${metric(distance)}`}`;

function paceText({ step, totalSteps, learningRate }: Event<"step">, pace: readonly Event<"step">[]): string {
  const seconds = pace.reduce((sum, event) => sum + event.seconds, 0);
  const tokens = pace.reduce((sum, event) => sum + event.tokens, 0);
  const loss = pace.reduce((sum, event) => sum + event.loss, 0) / pace.length;
  const left = ((totalSteps - step) * seconds) / pace.length;
  return [
    `loss ${loss.toFixed(3)}`,
    `rate ${learningRate.toExponential(1)}`,
    `${grouped(Math.round(tokens / seconds))} tokens/s`,
    memory(process.memoryUsage.rss()),
    `${duration(left)} left`,
  ].join(", ");
}

function barText(event: Event<"step">, pace: readonly Event<"step">[]): string {
  const { step, totalSteps } = event;
  const done = Math.round((BAR_WIDTH * step) / totalSteps);
  return `${"━".repeat(done)}${"┄".repeat(BAR_WIDTH - done)} ${step}/${totalSteps}  ${paceText(event, pace)}`;
}

function resultText({ result }: Event<"result">, out: string): string {
  const { heldOut, seconds, tokensPerSecond, peakRssBytes } = result;
  const rows = heldOut.map(({ step, loss, perplexity, distance }) => [
    grouped(step),
    metric(loss),
    perplexity.toFixed(2),
    ...(distance === undefined ? [] : [metric(distance)]),
  ]);
  const heads = ["step", "held-out loss", "perplexity", ...(rows[0]!.length > 3 ? ["distance"] : [])];
  return [
    "",
    ...alignColumns([heads, ...rows]),
    "",
    `${duration(seconds.train)} of training in ${duration(seconds.total)}, ${grouped(Math.round(tokensPerSecond))} tokens/s, peak memory ${memory(peakRssBytes)}`,
    `run ${out}, model ${out}/model`,
  ].join("\n");
}
