/** The one reader of YAML, ours and other people's: whatever is wrong in it is an error, and nothing goes to the terminal. */
import { type Document, LineCounter, type ParsedNode, parseDocument } from "yaml";
import { readText } from "./read-text.ts";

export interface Yaml {
  readonly value: unknown;
  readonly document: Document.Parsed<ParsedNode>;
  lineOf(offset: number): number;
}

/** Says what is wrong, and in which line where that is known. */
export type YamlProblem = (what: string, line: number | undefined, cause?: unknown) => Error;

/** @throws what `problem` makes of it, where `text` is not YAML */
export function parseYaml(text: string, problem: YamlProblem): Yaml {
  const lines = new LineCounter();
  // What the library warns of, such as tags that it does not know, changes nothing that is read here.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
  const lineOf = (offset: number) => lines.linePos(offset).line;
  const [error] = document.errors;
  if (error) throw problem(error.message, lineOf(error.pos[0]), error);
  try {
    return { value: document.toJS(), document, lineOf };
  } catch (cause) {
    // Aliases in a circle, or so many that the values would fill the memory.
    throw problem((cause as Error).message, undefined, cause);
  }
}

/** @throws AttuneError with `unreadable` as its code, or what `problem` makes of text that is not YAML */
export const readYaml = (path: string, unreadable: string, problem: YamlProblem): Yaml =>
  parseYaml(readText(path, unreadable), problem);
