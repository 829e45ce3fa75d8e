/** Text → token ids, by the model's own tokenizer.json. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Tokenizer as HubTokenizer } from "@huggingface/tokenizers";
import { AttuneError } from "../base/error.ts";

export interface Encoded {
  readonly ids: Int32Array;
  /** Whether the text was longer than allowed. */
  readonly truncated: boolean;
}

export interface Tokenizer {
  /** Ids with special tokens and without padding; of a longer text the first ones and the closing special token. */
  encode(text: string, maxLength: number): Encoded;
  /** Files that belong into a model folder. */
  readonly files: readonly { readonly name: string; readonly path: string }[];
}

const FILES = ["tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"];

interface Normalizer {
  readonly type?: string;
  readonly lowercase?: boolean;
  readonly normalizers?: readonly Normalizer[];
}

/** The tokenizer of a model folder. Padding and truncation that its file asks for are left to the caller. */
export function loadTokenizer(folder: string): Tokenizer {
  const file = join(folder, "tokenizer.json");
  if (!existsSync(file))
    throw new AttuneError(
      "tokenizer/missing",
      `${file}: there is no such file; make it from vocab.txt in Python with AutoTokenizer.from_pretrained(folder).save_pretrained(folder)`,
    );
  const definition = readJson(file) as { normalizer?: Normalizer | null };
  const configFile = join(folder, "tokenizer_config.json");
  let tokenizer: HubTokenizer;
  try {
    tokenizer = new HubTokenizer(definition, existsSync(configFile) ? readJson(configFile) : {});
  } catch (cause) {
    throw new AttuneError(
      "tokenizer/invalid",
      `${file}: this tokenizer cannot be used (${(cause as Error).message})`,
      "input",
      { cause },
    );
  }
  const lowersCase = lowers(definition.normalizer);
  return {
    encode: (text, maxLength) => {
      // JavaScript lowers Σ at the end of a word to ς; Python's tokenizers lower letter by letter, to σ.
      const prepared = lowersCase ? text.replaceAll("Σ", "σ") : text;
      const ids = Int32Array.from(tokenizer.encode(prepared).ids);
      if (ids.length <= maxLength) return { ids, truncated: false };
      const cut = ids.slice(0, maxLength);
      cut[maxLength - 1] = ids.at(-1)!;
      return { ids: cut, truncated: true };
    },
    files: FILES.map((name) => ({ name, path: join(folder, name) })).filter(({ path }) => existsSync(path)),
  };
}

function lowers(normalizer: Normalizer | null | undefined): boolean {
  if (!normalizer) return false;
  if (normalizer.type === "Sequence") return normalizer.normalizers?.some(lowers) ?? false;
  return normalizer.type === "Lowercase" || (normalizer.type === "BertNormalizer" && normalizer.lowercase !== false);
}

function readJson(file: string): object {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof value === "object" && value !== null) return value;
  } catch (cause) {
    throw new AttuneError("tokenizer/json", `${file}: this is not JSON (${(cause as Error).message})`, "input", {
      cause,
    });
  }
  throw new AttuneError("tokenizer/json", `${file}: this is not a JSON object`);
}
