/** A search on the terminal: a live table of its trials, or plain lines where there is no terminal. */
import { clockAfter, plural, roughly } from "../base/format.ts";
import type { SearchState, TrialState } from "../search/replay.ts";
import { metricTitle, scoreText } from "../search/score-words.ts";
import type { SearchEvent } from "../search/search-events.ts";
import type { Search, SearchEntry } from "../search/search-file.ts";
import { secondsLeft } from "../search/time-left.ts";
import { valuesInWords } from "../search/trial-run.ts";
import { choosing } from "./choosing.ts";
import { HubProgress } from "./hub-progress.ts";
import { LiveLine } from "./live-line.ts";
import { trialTable } from "./trial-table.ts";

/** The table is drawn anew at most so often. */
const DRAW_MILLISECONDS = 100;

export class SearchView {
  readonly #stream: NodeJS.WriteStream;
  readonly #line: LiveLine;
  readonly #hub: HubProgress;
  #search: Search | undefined;
  #state: SearchState | undefined;
  /** What a trial that is under way does now. */
  readonly #notes = new Map<string, string>();
  #drawn = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#line = new LiveLine(stream);
    this.#hub = new HubProgress(stream);
  }

  show(event: SearchEvent): void {
    switch (event.type) {
      case "download":
      case "wait":
        this.#hub.show(event);
        return;
      case "search": {
        const { out, search, state, notes } = event;
        this.#search = search;
        this.#state = state;
        for (const note of notes) this.#line.say(note);
        this.#line.say(`${outline(search)}, in ${out}${state.steps.length > 0 ? "; goes on" : ""}`);
        break;
      }
      case "log":
        this.#state = event.state;
        this.#notes.delete(event.entry.type === "end" ? "" : event.entry.trial);
        this.#plain(event.entry);
        break;
      case "trial-event": {
        const { trial, event: of } = event;
        if (of.type === "choosing") this.#notes.set(trial, choosing(of));
        if (of.type === "step") this.#notes.set(trial, `epoch ${of.epoch}, step ${of.step}/${of.totalSteps}`);
        if (of.type === "warning") this.#line.say(`${trial}: ${of.message}`);
        break;
      }
      case "notice":
        this.#line.say(event.message);
        break;
    }
    this.#draw(event.type !== "trial-event");
  }

  end(): void {
    this.#hub.end();
    this.#draw(true);
    this.#line.keep();
  }

  #draw(isForced: boolean): void {
    const [search, state] = [this.#search, this.#state];
    const isEarly = performance.now() - this.#drawn < DRAW_MILLISECONDS;
    if (!this.#line.isLive || !search || !state || (!isForced && isEarly)) return;
    this.#drawn = performance.now();
    const { columns = 80, rows = 24 } = this.#stream;
    const terminal = { columns, rows, colour: this.#stream.hasColors() };
    const lines = trialTable(search, state, this.#notes, statusOf(search, state), terminal);
    this.#line.show(() => lines.join("\n"));
  }

  #plain(entry: SearchEntry): void {
    if (this.#line.isLive || !this.#search || !this.#state) return;
    const said = lineOf(this.#search, this.#state, entry);
    if (said !== undefined) this.#line.say(said);
  }
}

/** "searches lora (8 options): 27 trials, judged after 1, 3, 10 epochs". */
function outline({ methods, budget: { trials, epochs, hours }, rungs }: Search): string {
  const searched = methods.map(({ method, spaces }) => `${method} (${Object.keys(spaces).length} options)`).join(", ");
  const ends = [
    trials !== undefined && plural(trials, "trial"),
    epochs !== undefined && plural(epochs, "epoch"),
    hours !== undefined && (hours === 1 ? "1 hour" : `${hours} hours`),
  ].filter(Boolean);
  const judged = rungs.length > 1 ? `judged after ${rungs.join(", ")} epochs` : `of ${rungs[0]} epochs`;
  return `searches ${searched}: ${ends.join(" or ")}, ${judged}`;
}

/** "12 trials, 31 epochs; best t007, macro F1 0.9123; about 5 minutes to go, until about 23:40". */
function statusOf(search: Search, state: SearchState): string {
  const { trials, epochs, best } = state;
  const found = best
    ? `best ${best.trial}, validation ${metricTitle(search)} ${scoreText(search, best.score)}`
    : undefined;
  return [`${plural(trials.length, "trial")}, ${plural(epochs, "epoch")}`, found, timeLeft(search, state)]
    .filter(Boolean)
    .join("; ");
}

function timeLeft(search: Search, state: SearchState): string | undefined {
  const seconds = secondsLeft(search, state);
  if (seconds === undefined) return "how long it takes is not known yet";
  return state.test ? undefined : `about ${roughly(seconds)} to go, until about ${clockAfter(seconds)}`;
}

function lineOf(search: Search, state: SearchState, entry: SearchEntry): string | undefined {
  switch (entry.type) {
    case "trial":
      return `${entry.trial}: ${valuesInWords(entry.values)} (${SOURCES[entry.from]})`;
    case "start":
      return entry.rung === 0 ? undefined : `${entry.trial}: goes on to epoch ${entry.epochs}`;
    case "result":
      return `${entry.trial}: ${resultOf(search, entry.score, entry.epochs)}; ${statusOf(search, state)}`;
    case "failed":
      return `${entry.trial}: failed: ${entry.reason}`;
    case "end":
      return entry.best === undefined ? undefined : `${entry.best} is the best, and is trained to its end`;
    case "test":
      return undefined;
  }
}

export const SOURCES: Readonly<Record<TrialState["from"], string>> = {
  recipe: "as the recipe has it",
  random: "by chance",
  tpe: "by the results so far",
};

const resultOf = (search: Search, score: number, epochs: number): string =>
  `validation ${metricTitle(search)} ${scoreText(search, score)} after ${plural(epochs, "epoch")}`;
