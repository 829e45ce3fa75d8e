/** Trackers by name, as `--track` takes them. */
import { AttuneError } from "../base/error.ts";
import { mlflow } from "./mlflow.ts";
import { tensorboard } from "./tensorboard.ts";
import type { Tracker } from "./tracker.ts";
import { trackio } from "./trackio.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export const trackerNames = ["tensorboard", "trackio", "mlflow"] as const;

/**
 * `tensorboard`, or a server: `mlflow=URL`, `trackio=URL`. Without an address it is what their own clients read from the
 * environment.
 *
 * @throws AttuneError where there is no such tracker, and where it has no address
 */
export function openTracker(given: string, environment: Environment = process.env): Tracker {
  const [name, url] = [given.replace(/=.*/s, ""), /=(.*)/s.exec(given)?.[1]];
  if (name === "tensorboard" && url === undefined) return tensorboard;
  if (name === "mlflow")
    return mlflow({
      url: addressOf(name, url, "MLFLOW_TRACKING_URI", environment),
      experiment: environment.MLFLOW_EXPERIMENT_NAME,
      authorization: authorizationOf(environment),
    });
  if (name === "trackio")
    return trackio({
      url: addressOf(name, url, "TRACKIO_SERVER_URL", environment),
      project: environment.TRACKIO_PROJECT,
      writeToken: environment.TRACKIO_WRITE_TOKEN,
    });
  throw new AttuneError(
    "options/value",
    `--track ${given}: this is no tracker; there are tensorboard, trackio=URL and mlflow=URL`,
  );
}

function addressOf(name: string, given: string | undefined, variable: string, environment: Environment): string {
  const url = given ?? environment[variable];
  if (url !== undefined && /^https?:\/\//.test(url) && URL.canParse(url)) return url;
  const what = url === undefined ? "the address of the server is missing" : `${url} is no address of a server`;
  throw new AttuneError(
    "options/value",
    `--track ${name}: ${what}; give it as --track ${name}=http://127.0.0.1:5000, or in the variable ${variable}`,
  );
}

function authorizationOf({
  MLFLOW_TRACKING_TOKEN: token,
  MLFLOW_TRACKING_USERNAME: user,
  MLFLOW_TRACKING_PASSWORD: password = "",
}: Environment): string | undefined {
  if (token) return `Bearer ${token}`;
  return user ? `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` : undefined;
}
