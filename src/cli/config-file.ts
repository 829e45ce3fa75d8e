/** `--config train.yaml`: options by name, in YAML. */
import { parseDocument } from "yaml";
import { AttuneError } from "../base/error.ts";
import { readText } from "../base/read-text.ts";

/** The options in a file, by their names in TypeScript; `batch-size` is read as `batchSize`. */
export function readConfigFile(path: string): Record<string, unknown> {
  const document = parseDocument(readText(path, "config/unreadable"));
  const [problem] = document.errors;
  if (problem)
    throw new AttuneError(
      "config/yaml",
      `${path}: this is not YAML (${problem.message.split("\n")[0]!.replace(/:$/, "")})`,
    );
  const value: unknown = document.toJS() ?? {};
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new AttuneError("config/shape", `${path}: there must be one option a line, like "epochs: 3"`);
  return Object.fromEntries(Object.entries(value).map(([key, given]) => [camelCase(key), given]));
}

const camelCase = (key: string): string => key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
