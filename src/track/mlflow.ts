/** A tracking server of MLflow, by its REST interface. */
import { postJson } from "./post-json.ts";
import type { Figures, RunEnd, TrackedRun, Tracker } from "./tracker.ts";

/** What the server takes in one call. */
const MOST_METRICS = 1000;
const MOST_PARAMETERS = 100;
const LONGEST_VALUE = 500;

const STATUS: Readonly<Record<RunEnd, string>> = { done: "FINISHED", failed: "FAILED", interrupted: "KILLED" };

export interface MlflowOptions {
  /** Of the server. */
  readonly url: string;
  /** @default "attune" */
  readonly experiment?: string | undefined;
  /** Value of the header "authorization". */
  readonly authorization?: string | undefined;
}

export function mlflow({ url, experiment = "attune", authorization }: MlflowOptions): Tracker {
  const call = <T>(path: string, body: object): Promise<T> =>
    postJson<T>(
      `${url.replace(/\/+$/, "")}/api/2.0/mlflow/${path}`,
      body,
      authorization === undefined ? {} : { authorization },
    );
  /** Several processes may make it at once: whoever is late finds it. */
  const experimentId = async (): Promise<string> => {
    const find = async () => {
      const filter = `name = '${experiment.replaceAll("'", "\\'")}'`;
      const { experiments = [] } = await call<{ experiments?: { experiment_id: string }[] }>("experiments/search", {
        filter,
        max_results: 1,
      });
      return experiments[0]?.experiment_id;
    };
    const found = await find();
    if (found !== undefined) return found;
    try {
      return (await call<{ experiment_id: string }>("experiments/create", { name: experiment })).experiment_id;
    } catch (error) {
      const made = await find();
      if (made === undefined) throw error;
      return made;
    }
  };
  return { name: `MLflow at ${url}`, begin };

  async function begin({ name, study, parameters }: TrackedRun) {
    const tags = [
      { key: "mlflow.source.name", value: "attune" },
      ...(study === undefined ? [] : [{ key: "study", value: study }]),
    ];
    const { run } = await call<{ run: { info: { run_id: string } } }>("runs/create", {
      experiment_id: await experimentId(),
      run_name: name,
      start_time: Date.now(),
      tags,
    });
    const { run_id } = run.info;
    const params = Object.entries(parameters).map(([key, value]) => ({
      key,
      value: String(value).slice(0, LONGEST_VALUE),
    }));
    for (const part of partsOf(params, MOST_PARAMETERS)) await call("runs/log-batch", { run_id, params: part });
    return {
      async log(figures: readonly Figures[]) {
        const metrics = figures.flatMap(({ step, at, values }) =>
          Object.entries(values).map(([key, value]) => ({ key, value, timestamp: at, step })),
        );
        for (const part of partsOf(metrics, MOST_METRICS)) await call("runs/log-batch", { run_id, metrics: part });
      },
      async end(how: RunEnd) {
        await call("runs/update", { run_id, status: STATUS[how], end_time: Date.now() });
      },
    };
  }
}

const partsOf = <T>(all: readonly T[], most: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / most) }, (_, i) => all.slice(i * most, (i + 1) * most));
