/** What the card of a model says of its license and languages, for the cards of what is made from it. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { parseYaml } from "../base/read-yaml.ts";

export const CARD_FILE = "README.md";

const optional = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);
const card = z.object({
  license: optional(z.string()),
  license_name: optional(z.string()),
  /** Only what leads somewhere from another folder as well. */
  license_link: optional(z.url()),
  language: optional(z.union([z.string(), z.array(z.string())]).transform((given) => [given].flat())),
});

/** Keys as the Hub's cards have them; empty where there is no card, or none that can be read. */
export type BaseCard = z.output<typeof card>;

export function readBaseCard(folder: string): BaseCard {
  const file = join(folder, CARD_FILE);
  if (!existsSync(file) || !statSync(file).isFile()) return {};
  const front = /^---\r?\n([\s\S]*?)\r?\n---/.exec(readFileSync(file, "utf8"))?.[1];
  if (front === undefined) return {};
  try {
    const { value } = parseYaml(front, (what) => new Error(what));
    const found = card.safeParse(value).data ?? {};
    return Object.fromEntries(Object.entries(found).filter(([, said]) => said !== undefined));
  } catch {
    return {}; // Nothing but the new card depends on it.
  }
}
