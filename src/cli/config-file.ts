/** `--config train.yaml`: options by name, in YAML. */
import { keyOf } from "../base/command-text.ts";
import { AttuneError } from "../base/error.ts";
import { readYaml, type YamlProblem } from "../base/read-yaml.ts";

/** The options in a file, by their names in TypeScript; `batch-size` is read as `batchSize`. */
export function readConfigFile(path: string): Record<string, unknown> {
  const problem: YamlProblem = (what, line, cause) => {
    const where = line === undefined ? path : `${path}, line ${line}`;
    return new AttuneError("config/yaml", `${where}: this is not YAML (${what})`, "input", { cause });
  };
  const value = readYaml(path, "config/unreadable", problem).value ?? {};
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new AttuneError("config/shape", `${path}: there must be one option a line, like "epochs: 3"`);
  return Object.fromEntries(Object.entries(value).map(([key, given]) => [keyOf(key), given]));
}
