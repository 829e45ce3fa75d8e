/** `attune serve`. */
import type { Command } from "commander";
import { openAnswers } from "../../serve/answering-thread.ts";
import { ClassifierServer } from "../../serve/http-server.ts";
import { showFetch } from "../hub-progress.ts";
import { addLoadFlags, type LoadFlags, loadOptions, onlyFolderOf, wholeNumber } from "../load-flags.ts";
import { toNumber } from "../option-flags.ts";
import { stopAsked } from "../stop-signal.ts";
import { writeError, writeOut } from "../write-text.ts";

interface Flags extends LoadFlags {
  readonly host?: string;
  readonly port?: number | string;
  readonly allowHost?: string;
  readonly maxTexts?: number | string;
  readonly maxBytes?: number | string;
  readonly maxConcurrent?: number | string;
}

export function serveCommand(command: Command): void {
  command
    .argument(
      "[run|model]",
      "folder of a finished run, or a classifier in Transformers' layout: a folder or a name on the Hub",
    )
    .option("--port <N>", "port to listen on; 0 takes a free one (default: 8017)", toNumber)
    .option("--host <address>", "address to listen on (default: 127.0.0.1, this machine only)")
    .option("--allow-host <list>", "names, besides localhost and --host, that requests may be for")
    .option("--max-texts <N>", "texts of one request (default: 1000)", toNumber)
    .option("--max-bytes <N>", "bytes of one request (default: 4194304)", toNumber)
    .option("--max-concurrent <N>", "requests answered or waiting at a time; more get 429 (default: 64)", toNumber);
  addLoadFlags(command);
  command.action(async (given: string | undefined, flags: Flags) => {
    const { host, port, allowHost, maxTexts, maxBytes, maxConcurrent } = flags;
    const limits: { maxTexts?: number; maxBytes?: number; maxConcurrent?: number } = Object.fromEntries(
      Object.entries({ maxTexts, maxBytes, maxConcurrent }).flatMap(([key, value]) =>
        value === undefined ? [] : [[key, wholeNumber(key, value, 1)]],
      ),
    );
    const options = {
      ...(host !== undefined && { host }),
      ...(port !== undefined && { port: wholeNumber("port", port, 0, 65_535) }),
      ...(allowHost !== undefined && { allowedHosts: allowHost.split(",") }),
      ...limits,
      onFault: (stack: string) => writeError(`attune: a request could not be answered: ${stack}\n`),
    };
    const loading = { ...loadOptions(flags), onFetch: showFetch() };
    const answers = await openAnswers(onlyFolderOf(given, flags), loading, limits);
    const server = await ClassifierServer.start(answers, options);
    writeOut(`${server.url}\n`);
    await stopAsked();
    writeError("attune: answering what was asked, then stopping; once more stops at once\n");
    await server.stop();
    await answers.dispose();
  });
}
