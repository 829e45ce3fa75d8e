/** The options of `audit`: described once, for the command line and TypeScript alike. */
import { z } from "zod";
import { checkOptions, type Spell } from "../base/check-options.ts";
import { threadCount, usableThreads } from "../base/thread-count.ts";
import { MINI } from "../hub/included.ts";
import { methodNames } from "../methods/registry.ts";
import { DATA, dataOptions } from "../tables/table-options.ts";

const path = () => z.string().min(1);

/** Heads on frozen features, which cost seconds, or a fine-tuning method, which is trained anew for each fold. */
export const HEADS = "heads";

// All texts are looked at where they are, so nothing is taken out and no split is made that anyone sees.
const reading = dataOptions.omit({ sharedTexts: true, group: true });

export const auditOptions = z.strictObject({
  data: path().describe(DATA),
  dataRevision: path().optional().describe("branch, tag or commit of data on the Hub (default: main)"),
  configName: path()
    .optional()
    .describe("configuration of a data set that has several (default: the one that the data set names)"),
  model: path()
    .default(MINI)
    .describe("pretrained encoder: a folder, a name on the Hub, or attune:mini; a better one finds more"),
  revision: path().optional().describe("branch, tag or commit of a model on the Hub (default: main)"),
  method: z
    .enum([HEADS, ...methodNames.filter((name) => name !== "none")])
    .default(HEADS)
    .describe("what gives the probabilities: heads on frozen features, in seconds; or a method, trained for each fold"),
  folds: z.number().int().min(2).max(20).default(5).describe("parts of the data, each judged by models of the others"),
  maxLength: z
    .number()
    .int()
    .min(2)
    .optional()
    .describe("maximum length of a text in tokens (default: as the model's files say)"),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(42)
    .describe("seed of all random numbers"),
  threads: threadCount()
    .default(() => usableThreads())
    .describe("threads of the engine; the result does not depend on their number"),
  ...reading.shape,
});

/** Options as one writes them. */
export type AuditOptions = z.input<typeof auditOptions>;
export type ResolvedAuditOptions = z.output<typeof auditOptions>;

/** @throws AttuneError that names the option, what is wrong and what would be right */
export const resolveAuditOptions = (options: object, spell: Spell = (key) => key): ResolvedAuditOptions =>
  checkOptions(auditOptions.shape, options as Readonly<Record<string, unknown>>, spell) as ResolvedAuditOptions;
