/** `attune search`. */
import type { Command } from "commander";
import { commandText, flagOf, keyOf } from "../../base/command-text.ts";
import { AttuneError } from "../../base/error.ts";
import { withoutPassword } from "../../machines/queue-connection.ts";
import { onQueue } from "../../machines/queue-place.ts";
import { describeOptions } from "../../methods/list-methods.ts";
import { resumeSearch, type SearchContext, search } from "../../search/search.ts";
import { ownOptions, type SearchOptions, sharedTrainOptions } from "../../search/search-options.ts";
import { followSearch, replaySearch } from "../follow-search.ts";
import { addFlags, optionOf } from "../option-flags.ts";
import { requireAlone } from "../require-alone.ts";
import { stopSignal } from "../stop-signal.ts";

interface Flags {
  readonly out?: string;
  readonly resume?: string;
  readonly replay?: string;
  readonly queue?: string;
  readonly store?: string;
  readonly quiet?: boolean;
  readonly [option: string]: unknown;
}

const KEEPS = "a search keeps its options";

export function searchCommand(command: Command): void {
  command.usage("--data DATA --method METHOD --out SEARCH [options]");
  addFlags(command, ownOptions);
  command
    .option("--out <path>", "folder of the search; an interrupted search with the same options continues")
    .option(
      "--search <option=space>",
      "space of an option, as in learning-rate=1e-5..1e-2 or rank=4,8,16; the name alone for one around the recipe; may be given several times",
      withSpace,
    )
    .option("--search-only", "search nothing but what --search names")
    .option("--resume <search>", "continue an interrupted search with its own options")
    .option("--replay <search>", "decide again from the log of a search, and say whether each decision is the same")
    .option("--queue <address>", "let the workers of this queue do the trials, redis://host:port (docs/scale.md)")
    .option("--store <address>", "where workers find model and data and leave trials: a folder, or s3://bucket/prefix")
    .option("--quiet", "print only errors and the command to train with");
  for (const [key, property] of Object.entries(describeOptions(sharedTrainOptions)))
    command.addOption(optionOf(key, property).helpGroup("Options of every trial, which are not searched then:"));
  command.action(async ({ out, resume, replay, queue, store, quiet = false, ...given }: Flags) => {
    if (replay !== undefined) {
      requireAlone("--replay", { out, resume, queue, store, ...given }, KEEPS);
      return replaySearch(replay);
    }
    if (store !== undefined && queue === undefined)
      throw new AttuneError("options/store", "--store is for other machines: give --queue with it");
    const context: SearchContext = {
      command: commandText(process.argv.slice(2).map(withoutPassword)),
      spell: flagOf,
      ...(queue !== undefined && { place: onQueue({ queue, store }) }),
    };
    if (resume !== undefined) {
      requireAlone("--resume", { out, ...given }, KEEPS);
      return followSearch(resumeSearch(resume, { ...context, signal: stopSignal() }), resume, quiet);
    }
    if (out === undefined)
      throw new AttuneError("options/missing", "the option --out is missing: folder of the search");
    // Machines have different numbers of threads.
    const options = { ...(queue !== undefined && { bits: "same" }), ...given } as unknown as SearchOptions;
    return followSearch(search(options, out, { ...context, signal: stopSignal() }), out, quiet);
  });
}

/** One more space; a name alone stands for the one around the recipe. */
function withSpace(text: string, before: Record<string, string | true> = {}): Record<string, string | true> {
  const at = text.indexOf("=");
  const [name, space] = at < 0 ? [text, true as const] : [text.slice(0, at), text.slice(at + 1)];
  return { ...before, [keyOf(name)]: space };
}
