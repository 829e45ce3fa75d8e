/** The values of a JSON file one at a time: the elements of a list, or objects one after the other. */
import { AttuneError } from "../base/error.ts";
import type { TextFile } from "./text-file.ts";

/** JavaScript holds no text of 512 MB; as far as one value is read. */
const MOST_BYTES = 256 * 1024 * 1024;

/** @throws AttuneError where a value that begins in this line is larger than any row */
export function requireHolds(path: string, line: number, bytes: number, most = MOST_BYTES): void {
  if (bytes <= most) return;
  const what = `what begins here is longer than ${most / 1024 / 1024} MB, and no row is; the file may be damaged`;
  throw new AttuneError("data/json", `${path}, line ${line}: ${what}`);
}

export interface JsonValue {
  readonly text: string;
  /** Where it begins. */
  readonly line: number;
}

const [QUOTE, BACKSLASH, LINE_FEED, COMMA] = [0x22, 0x5c, 0x0a, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === LINE_FEED;

/**
 * Values as text, in batches. Only where each one ends is looked for; whether it is JSON is for `JSON.parse` to say.
 *
 * @throws AttuneError with the line, where commas or brackets between the values are wrong or missing
 */
export async function* jsonValues(file: TextFile, isList: boolean): AsyncGenerator<readonly JsonValue[]> {
  const scanner = new Scanner(file.path, isList);
  for await (const chunk of file.chunks()) yield scanner.read(chunk);
  yield scanner.end();
}

class Scanner {
  readonly #path: string;
  readonly #isList: boolean;
  #line = 1;
  /** What has been read of a value that is not complete. */
  #parts: Buffer[] = [];
  #bytes = 0;
  #startLine = 0;
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  #inValue = false;
  /** What may come where no value is open. */
  #expects: "opening" | "value" | "valueOrEnd" | "commaOrEnd" | "nothing";

  constructor(path: string, isList: boolean) {
    this.#path = path;
    this.#isList = isList;
    this.#expects = isList ? "opening" : "value";
  }

  read(chunk: Buffer): readonly JsonValue[] {
    const values: JsonValue[] = [];
    let start = 0;
    const finish = (end: number) => {
      this.#parts.push(chunk.subarray(start, end));
      values.push({ text: Buffer.concat(this.#parts).toString("utf8"), line: this.#startLine });
      this.#parts = [];
      this.#inValue = false;
      this.#expects = this.#isList ? "commaOrEnd" : "value";
    };
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (this.#inString) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === BACKSLASH) this.#isEscaped = true;
        else if (byte === QUOTE) this.#inString = false;
      } else if (!this.#inValue) {
        if (!isSpace(byte) && this.#opens(byte)) {
          start = at;
          this.#inValue = true;
          this.#bytes = 0;
          this.#startLine = this.#line;
          this.#depth = byte === OPEN_OBJECT || byte === OPEN_LIST ? 1 : 0;
          this.#inString = byte === QUOTE;
        }
      } else if (byte === QUOTE) this.#inString = true;
      else if (byte === OPEN_OBJECT || byte === OPEN_LIST) this.#depth++;
      else if ((byte === CLOSE_OBJECT || byte === CLOSE_LIST) && this.#depth > 0) {
        if (--this.#depth === 0) finish(at + 1);
      } else if (this.#depth === 0 && (isSpace(byte) || byte === COMMA || byte === CLOSE_LIST)) {
        finish(at); // A number, a word or a text, which its neighbour ends.
        if (!isSpace(byte)) this.#opens(byte);
      }
      if (byte === LINE_FEED) this.#line++;
    }
    if (this.#inValue) {
      this.#parts.push(chunk.subarray(start));
      this.#bytes += chunk.length - start;
      requireHolds(this.#path, this.#startLine, this.#bytes);
    }
    return values;
  }

  end(): readonly JsonValue[] {
    if (this.#inValue && this.#depth > 0)
      throw this.#wrong(this.#startLine, "what begins here is never closed; the file may be cut off");
    if (this.#isList && this.#expects !== "nothing")
      throw this.#wrong(this.#line, "the list is never closed; the file may be cut off");
    return this.#inValue ? [{ text: Buffer.concat(this.#parts).toString("utf8"), line: this.#startLine }] : [];
  }

  /** Whether a value begins with this byte, which stands between values. */
  #opens(byte: number): boolean {
    const expected = this.#expects;
    if (expected === "nothing") throw this.#wrong(this.#line, "there is something after the list; remove it");
    if (expected === "opening") {
      this.#expects = "valueOrEnd";
      return false;
    }
    if (byte === CLOSE_LIST && (expected === "valueOrEnd" || expected === "commaOrEnd")) this.#expects = "nothing";
    else if (expected === "commaOrEnd" && byte === COMMA) this.#expects = "value";
    else if (expected === "commaOrEnd") throw this.#wrong(this.#line, "there is no comma before this element; add it");
    else if (byte === COMMA || byte === CLOSE_LIST || byte === CLOSE_OBJECT)
      throw this.#wrong(this.#line, `there is a "${String.fromCharCode(byte)}" where a row should begin; remove it`);
    else return true;
    return false;
  }

  #wrong(line: number, what: string): AttuneError {
    return new AttuneError("data/json", `${this.#path}, line ${line}: ${what}`);
  }
}
