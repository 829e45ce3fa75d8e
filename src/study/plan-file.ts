/** `study.yaml`: a plan in a file, read so that errors can name lines, and written. */
import { fileURLToPath } from "node:url";
import { isMap, isPair, isSeq, type Node, stringify } from "yaml";
import { z } from "zod";
import { AttuneError } from "../base/error.ts";
import { readYaml } from "../base/read-yaml.ts";
import type { Place } from "./plan-error.ts";
import type { ResolvedPlan } from "./plan-schema.ts";
import { planSchema } from "./plan-schema.ts";

const SCHEMA = fileURLToPath(new URL("../../plan.schema.json", import.meta.url));

export interface PlanFile {
  /** As it stands there, not yet checked. */
  readonly plan: Readonly<Record<string, unknown>>;
  readonly place: Place;
}

/** @throws AttuneError with the line where the file is not YAML */
export function readPlanFile(path: string): PlanFile {
  const lineAt = (line: number | undefined): string => (line === undefined ? `${path}: ` : `${path}, line ${line}: `);
  const { value, document, lineOf } = readYaml(
    path,
    "plan/unreadable",
    (what, line, cause) =>
      new AttuneError("plan/yaml", `${lineAt(line)}this is not YAML (${what})`, "input", { cause }),
  );
  const place: Place = (keys) => {
    const offset = offsetOf(document.contents, keys);
    const name = keys.findLast((key) => typeof key === "string");
    return { before: lineAt(offset === undefined ? undefined : lineOf(offset)), name: String(name ?? "") };
  };
  const plan = value ?? {};
  if (typeof plan !== "object" || Array.isArray(plan))
    throw new AttuneError("plan/shape", `${path}: a plan has one key a line, like "epochs: 3"`);
  return { plan: plan as Record<string, unknown>, place };
}

/** Where the last key of a path stands, or what is nearest to it. */
function offsetOf(contents: Node | null, path: readonly PropertyKey[]): number | undefined {
  let node: unknown = contents;
  let offset: number | undefined;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && String(item.key) === String(key));
      if (!pair) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      offset = (node as Node | undefined)?.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}

/** A plan as YAML that reads back to the same plan; editors find its schema by the first line. */
export function planText(plan: ResolvedPlan): string {
  return `# yaml-language-server: $schema=${SCHEMA}\n${stringify(plan, { flowCollectionPadding: false, collectionStyle: "any" })}`;
}

/** The text of plan.schema.json, for editors. */
export const planSchemaText = (): string =>
  `${JSON.stringify(z.toJSONSchema(planSchema, { io: "input", reused: "ref" }), null, 2)}\n`;
