/** Ids of a text without special tokens around it: what the library's model makes of the parts between added tokens. */
import { Tokenizer as HubTokenizer } from "@huggingface/tokenizers";
import { correctNormalizer, correctPreTokenizer, trimEnd, trimStart } from "./exact-steps.ts";
import type { Definition } from "./read-tokenizer.ts";
import type { AddedToken } from "./vocabulary-definition.ts";

/** What is used of the library's tokenizer: its steps, one after the other. */
interface Steps {
  readonly normalizer: ((text: string) => string) | null;
  readonly pre_tokenizer: ((text: string, place: { readonly section_index: number }) => string[]) | null;
  readonly model: ((words: readonly string[]) => string[]) & {
    readonly tokens_to_ids: ReadonlyMap<string, number>;
    readonly unk_token_id?: number;
  };
  readonly splitter_unnormalized: Splitter;
  readonly splitter_normalized: Splitter;
}

interface Splitter {
  split(text: string): string[];
}

type Section = string | AddedToken;

const HALF_CHARACTER = /\p{Cs}/gu;

/** @throws Error for a definition that the library, or this, cannot use */
export function contentIds(definition: Definition, config: object): (text: string) => number[] {
  const tokenizer = new HubTokenizer(definition, config);
  correctNormalizer(tokenizer.normalizer, definition.normalizer);
  correctPreTokenizer(tokenizer.pre_tokenizer, definition.pre_tokenizer);
  const { normalizer, pre_tokenizer, model, ...splitters } = tokenizer as unknown as Steps;
  const wholeWord = definition.added_tokens?.find(({ single_word }) => single_word);
  if (wholeWord) throw new Error(`its token "${wholeWord.content}" has single_word, which is not supported`);
  const [raw, prepared] = [new Map<string, AddedToken>(), new Map<string, AddedToken>()];
  for (const token of definition.added_tokens ?? []) {
    if ((token.normalized ?? !token.special) && normalizer) prepared.set(normalizer(token.content), token);
    else raw.set(token.content, token);
  }
  const modelIds = (words: readonly string[]): number[] => {
    const ids: number[] = [];
    for (const token of model(words)) {
      const id = model.tokens_to_ids.get(token) ?? model.unk_token_id;
      // Without an unknown token, what is unknown is nothing.
      if (id !== undefined) ids.push(id);
    }
    return ids;
  };
  return (text) => {
    const whole = text.replace(HALF_CHARACTER, "\ufffd");
    return sectionsOf(splitters.splitter_unnormalized.split(whole), raw).flatMap((section, section_index) => {
      if (typeof section !== "string") return [section.id];
      const normal = normalizer ? normalizer(section) : section;
      return sectionsOf(splitters.splitter_normalized.split(normal), prepared).flatMap((inner) => {
        if (typeof inner !== "string") return [inner.id];
        return inner === "" ? [] : modelIds(pre_tokenizer ? pre_tokenizer(inner, { section_index }) : [inner]);
      });
    });
  };
}

/** Added tokens, and the texts between them without the white space that a token takes away. */
function sectionsOf(parts: readonly string[], tokens: ReadonlyMap<string, AddedToken>): Section[] {
  if (tokens.size === 0) return [...parts];
  const sections = parts.map((part): Section => tokens.get(part) ?? part);
  return sections.map((section, i) => {
    if (typeof section !== "string") return section;
    const [before, after] = [sections[i - 1], sections[i + 1]];
    const started = typeof before === "object" && before.rstrip ? trimStart(section) : section;
    return typeof after === "object" && after.lstrip ? trimEnd(started) : started;
  });
}
