/** `attune app`. */
import type { Command } from "commander";
import { AppServer } from "../../web/app-server.ts";
import { wholeNumber } from "../load-flags.ts";
import { toNumber } from "../option-flags.ts";
import { stopAsked } from "../stop-signal.ts";
import { writeError, writeOut } from "../write-text.ts";

interface Flags {
  readonly also?: readonly string[];
  readonly host?: string;
  readonly port?: number | string;
  readonly token?: string;
}

export function appCommand(command: Command): void {
  command
    .argument("[folder]", "folder with runs, studies, data and models; new ones are written into it", ".")
    .option("--also <paths...>", "files and folders elsewhere that may be read as well: data, models")
    .option("--port <N>", "port to listen on; 0 takes a free one (default: 8018, or a free one)", toNumber)
    .option("--host <address>", "address to listen on (default: 127.0.0.1, this machine only); needs --token")
    .option("--token <text>", "what the address must have, at least 16 characters (default: a random one)")
    .action(async (folder: string, { port, ...flags }: Flags) => {
      const server = await AppServer.start({
        folder,
        ...flags,
        ...(port !== undefined && { port: wholeNumber("port", port, 0) }),
      });
      writeOut(`${server.url}\n`);
      writeError("attune: open this address in a browser; Ctrl-C stops the page, and what it started goes on\n");
      await stopAsked();
      await server.stop();
    });
}
