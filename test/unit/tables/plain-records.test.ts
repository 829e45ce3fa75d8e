/** Scanned records against csv-parse: the same fields, lines and refusals, wherever the bytes are cut into chunks. */
import { type CsvError, parse } from "csv-parse/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import { PlainRecords } from "../../../src/tables/plain-records.ts";

type Records = readonly { readonly fields: readonly string[]; readonly line: number }[];
interface Found {
  readonly records: Records;
  readonly error?: string;
}

/** What csv-parse has, with lines counted over again for each record. */
function parsed(bytes: Buffer, { delimiter, quote }: { delimiter: string; quote: string | false }, first = 1): Found {
  const records: { fields: readonly string[]; line: number }[] = [];
  let end = 0;
  const lineAt = (offset: number): number => {
    const before = bytes.toString("latin1").slice(0, offset);
    const blank = /^[\r\n]*/.exec(bytes.toString("latin1").slice(offset))![0];
    return first + (before + blank).split(/\r\n|\r|\n/).length - 1;
  };
  try {
    parse(bytes, {
      ...{ delimiter, quote, escape: quote || '"' },
      ...{ record_delimiter: ["\r\n", "\n", "\r"], skip_empty_lines: true, relax_column_count: true },
      on_record: ((fields: readonly string[], { bytes }: { bytes: number }) => {
        records.push({ fields, line: lineAt(end) });
        end = bytes;
        return null;
      }) as never,
    });
    return { records };
  } catch (error) {
    return { records, error: (error as CsvError).code };
  }
}

/** Chunks scanned one after the other, and from where they are not plain on, csv-parse. */
function scanned(chunks: readonly Buffer[], marks: { delimiter: string; quote: string | false }): Found {
  const plain = PlainRecords.of({ ...marks, escape: marks.quote || '"', trim: false })!;
  const found: Records[number][] = [];
  let rest = Buffer.alloc(0);
  for (const [i, chunk] of [...chunks, Buffer.alloc(0)].entries()) {
    rest = Buffer.concat([rest, chunk]);
    const { records, taken, isPlain } = plain.take(rest, i === chunks.length);
    found.push(...records);
    rest = rest.subarray(taken);
    if (isPlain) continue;
    const { records: others, error } = parsed(Buffer.concat([rest, ...chunks.slice(i + 1)]), marks, plain.line);
    return { records: [...found, ...others], ...(error !== undefined && { error }) };
  }
  expect(rest.length).toBe(0);
  return { records: found };
}

const pieces = ['"', '""', ",", "\n", "\r", "\r\n", "a", "b c", "é", "😀", "\0", " ", '"x,"', '"y\n"', ",,"];

test("any bytes, in any chunks, are the records that csv-parse has", () => {
  const cuts = fc.array(fc.nat(40), { maxLength: 4 });
  const quotes = fc.constantFrom<string | false>('"', "a", false);
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 14 }), cuts, quotes, (parts, places, quote) => {
      const bytes = Buffer.from(parts.join(""));
      const marks = { delimiter: ",", quote };
      const ends = [...new Set(places.map((place) => Math.min(place, bytes.length))), bytes.length].sort(
        (a, b) => a - b,
      );
      const chunks = ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1]!, end));
      expect(scanned(chunks, marks)).toEqual(parsed(bytes, marks));
    }),
    { numRuns: 3000 },
  );
});

test("what is plain is scanned to its end", () => {
  const bytes = Buffer.from('text,label\r\n"a ""b"", c\n",x\n\n\r\né,\n"",""');
  const { records, taken, isPlain } = PlainRecords.of({ delimiter: ",", quote: '"', escape: '"', trim: false })!.take(
    bytes,
    true,
  );
  expect({ taken, isPlain }).toEqual({ taken: bytes.length, isPlain: true });
  expect(records).toEqual([
    { fields: ["text", "label"], line: 1 },
    { fields: ['a "b", c\n', "x"], line: 2 },
    { fields: ["é", ""], line: 6 },
    { fields: ["", ""], line: 7 },
  ]);
});

test("other ways of writing are not scanned", () => {
  const usual = { delimiter: ",", quote: '"', escape: '"', trim: false };
  for (const other of [
    { trim: true },
    { escape: "\\" },
    { delimiter: "¦" },
    { quote: "»", escape: "»" },
    { delimiter: '"' },
  ])
    expect(PlainRecords.of({ ...usual, ...other })).toBeUndefined();
});
