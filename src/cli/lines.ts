/** Lines of a stream as they come, many at once where many are there. */
import { AttuneError } from "../base/error.ts";

/**
 * Yields the complete lines of each chunk, without their line ends.
 *
 * @throws AttuneError at the first line that is not UTF-8, after all lines before it
 */
export async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  const LINE_FEED = 0x0a;
  let rest = Buffer.alloc(0);
  let count = 0;
  const decode = (bytes: Uint8Array): string => {
    count++;
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: count > 1 }).decode(bytes).replace(/\r$/, "");
    } catch {
      throw new AttuneError("stdin/encoding", `standard input, line ${count}: this is not UTF-8`);
    }
  };
  for await (const chunk of stream) {
    const bytes = Buffer.concat([rest, chunk]);
    const lines: string[] = [];
    let start = 0;
    let problem: unknown;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0 && !problem; end = bytes.indexOf(LINE_FEED, start)) {
      try {
        lines.push(decode(bytes.subarray(start, end)));
      } catch (error) {
        problem = error;
      }
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (lines.length > 0) yield lines;
    if (problem) throw problem;
  }
  if (rest.length > 0) yield [decode(rest)];
}
