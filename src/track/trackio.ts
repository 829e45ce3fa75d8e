/** A server of trackio, by its HTTP interface. */
import { randomUUID } from "node:crypto";
import { postJson } from "./post-json.ts";
import type { Figures, TrackedRun, Tracker } from "./tracker.ts";

export interface TrackioOptions {
  /** As `trackio.show()` prints it; a `write_token` in it is taken. */
  readonly url: string;
  /** @default "attune" */
  readonly project?: string | undefined;
  /** Without which the server takes no figures. */
  readonly writeToken?: string | undefined;
}

export function trackio({ url, project = "attune", writeToken }: TrackioOptions): Tracker {
  const given = new URL(url);
  const token = given.searchParams.get("write_token") ?? writeToken;
  const place = `${given.origin}${given.pathname.replace(/\/+$/, "")}`;
  const headers: Record<string, string> = token ? { "x-trackio-write-token": token } : {};
  const log = async (logs: readonly object[]): Promise<void> => {
    const { error } = await postJson<{ error?: string }>(
      `${place}/api/bulk_log`,
      { kwargs: { logs, hf_token: null } },
      headers,
    );
    if (error) throw new Error(error);
  };
  return {
    name: `trackio at ${place}`,
    begin({ name, study, parameters }: TrackedRun) {
      // Runs of one name are told apart by it.
      const run = { project, run: name, run_id: randomUUID().replaceAll("-", "") };
      // What trackio shows in groups.
      let config: object | undefined = { ...parameters, ...(study !== undefined && { _Group: study }) };
      return {
        async log(figures: readonly Figures[]) {
          await log(
            figures.map(({ step, at, values }, i) => ({
              ...run,
              step,
              metrics: { ...values, timestamp: new Date(at).toISOString() },
              log_id: randomUUID().replaceAll("-", ""),
              ...(i === 0 && config && { config }),
            })),
          );
          config = undefined;
        },
        end() {},
      };
    },
  };
}
