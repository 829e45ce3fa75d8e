/** Data that cannot be used, made at random but always the same: what is wrong, and the place that the error must name. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { randomKey, uint32 } from "../../../src/base/random.ts";
import type { DatasetOptions } from "../../../src/tables/load-dataset.ts";
import { fixtures } from "./scratch.ts";

export interface Malformed {
  readonly kind: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** Which of them to load; without it the folder. */
  readonly file?: string;
  readonly options?: Partial<DatasetOptions>;
  /** What the message must contain: the file and the line, row or column, as far as there is one. */
  readonly says: readonly string[];
}

/** Numbers from a key, one after the other. */
class Draw {
  readonly #key: number;
  #count = 0;

  constructor(...coordinates: readonly (number | string)[]) {
    this.#key = randomKey(1, "sample", ...coordinates);
  }

  /** 0 … below - 1 */
  below(limit: number): number {
    return uint32(this.#key, this.#count++) % limit;
  }

  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }
}

const WORDS = ["good", "bad", "the", "cat", "naïve", "日本", "🙂", "so", "it's", "1"];
const text = (draw: Draw, i: number): string =>
  `${Array.from({ length: 1 + draw.below(6) }, () => draw.of(WORDS)).join(" ")} ${i}`;

interface Table {
  readonly rows: readonly (readonly [text: string, label: string])[];
  /** The row that is spoilt, from 0. */
  readonly at: number;
}

function table(draw: Draw): Table {
  const rows = Array.from({ length: 20 + draw.below(30) }, (_, i) => [text(draw, i), draw.of(["a", "b"])] as const);
  return { rows, at: draw.below(rows.length) };
}

/** CSV of the rows, one of them replaced; header in line 1, so row 0 is line 2. */
const csv = ({ rows, at }: Table, spoilt: (row: readonly [string, string]) => string, end = "\n"): string =>
  ["text,label", ...rows.map((row, i) => (i === at ? spoilt(row) : row.join(",")))].join(end);
const jsonl = ({ rows, at }: Table, spoilt: (row: readonly [string, string]) => string): string =>
  rows.map((row, i) => (i === at ? spoilt(row) : JSON.stringify({ text: row[0], label: row[1] }))).join("\n");

const line = (at: number): string => `line ${at}: `;
const parquet = readFileSync(join(fixtures, "parquet/integers.parquet"));
const damaged = (bytes: Uint8Array, from: number, to: number): Uint8Array =>
  Uint8Array.from(bytes, (byte, i) => (i >= from && i < to ? byte ^ 0xff : byte));

/** One file in any of several spellings of its ending. */
const single = (kind: string, name: string, content: string | Uint8Array, ...says: readonly string[]): Malformed => ({
  kind,
  files: { [name]: content },
  file: name,
  says: [name, ...says],
});

const kinds: Readonly<Record<string, (draw: Draw, kind: string) => Malformed>> = {
  "a field too many": (draw, kind) => {
    const made = table(draw);
    return single(
      kind,
      "a.csv",
      csv(made, (row) => `${row.join(",")},more`, draw.of(["\n", "\r\n", "\r"])),
      line(made.at + 2),
      "3 fields",
    );
  },
  "a field too few": (draw, kind) => {
    const made = table(draw);
    return single(
      kind,
      "a.csv",
      csv(made, ([only]) => only),
      line(made.at + 2),
      "1 field",
    );
  },
  "a quote that is never closed": (draw, kind) => {
    const made = table(draw);
    return single(
      kind,
      "a.csv",
      csv(made, (row) => `"${row.join(",")}`),
      line(made.at + 2),
      "never closed",
    );
  },
  "a quote inside a field": (draw, kind) => {
    const made = table(draw);
    const spoilt = draw.of([(t: string) => `x"${t}`, (t: string) => `"x" ${t}`]);
    return single(
      kind,
      "a.csv",
      csv(made, ([own, label]) => `${spoilt(own)},${label}`),
      line(made.at + 2),
      "single quote",
    );
  },
  "a column twice": (draw, kind) => {
    const name = draw.of(["text", "label"]);
    return single(kind, "a.csv", `${["text", "label", name, name].join(",")}\na,b,c,d\n`, "line 1: ", "is there twice");
  },
  "no label": (draw, kind) => {
    const made = table(draw);
    return single(
      kind,
      "a.csv",
      csv(made, ([own]) => `${own},${draw.of(["", " "])}`),
      line(made.at + 2),
      "label is missing",
    );
  },
  "continuous numbers as labels": (draw, kind) => {
    const made = table(draw);
    const number = draw.of(["0.5", "-1.25", ".75", "3.", "1.5e-3"]);
    return single(
      kind,
      "a.csv",
      csv(made, ([own]) => `${own},${number}`),
      line(made.at + 2),
      number,
      "continuous numbers",
    );
  },
  "a column that is not there": (draw, kind) => {
    const role = draw.of(["text", "label", "id", "group"] as const);
    const name = draw.of(["tekst", "labl", "nothing", "Text"]);
    return {
      ...single(
        kind,
        "a.csv",
        csv(table(draw), (row) => row.join(",")),
        `"${name}"`,
        `--${role}`,
      ),
      options: { [role]: name },
    };
  },
  "no rows": (draw, kind) => {
    const [name, content] = draw.of([
      ["a.csv", "text,label\n"],
      ["a.csv", ""],
      ["a.jsonl", "\n\n"],
      ["a.json", "[]"],
      ["a.tsv", "text\tlabel"],
    ] as const);
    return single(kind, name, content, "no rows");
  },
  "bytes that are not UTF-8": (draw, kind) => {
    const rows = table(draw).rows.map((_, i) => [`plain ${i}`, "a"] as const);
    const made = { rows, at: draw.below(rows.length) };
    return single(
      kind,
      "a.csv",
      Buffer.from(
        csv(made, (row) => `caf\xe9,${row[1]}`),
        "latin1",
      ),
      line(made.at + 2),
      "not UTF-8",
    );
  },
  "two encodings in one file": (draw, kind) => {
    const rows = table(draw).rows.map((_, i) => [`café ${i}`, "a"] as const);
    const made = { rows, at: draw.below(rows.length) };
    const [before, after] = csv(made, () => "SPOILT").split("SPOILT") as [string, string];
    const bytes = Buffer.concat([Buffer.from(before), Buffer.from("caf\xe9,b", "latin1"), Buffer.from(after)]);
    return single(kind, "a.csv", bytes, line(made.at + 2), "mixes encodings");
  },
  "a line that is not JSON": (draw, kind) => {
    const made = table(draw);
    const spoilt = draw.of(['{"text": "x"', "text,label", "{'text': 'x'}", '{"text": undefined}', "{text: 1}"]);
    return single(
      kind,
      "a.jsonl",
      jsonl(made, () => spoilt),
      line(made.at + 1),
      "not JSON",
    );
  },
  "a line that is no object": (draw, kind) => {
    const made = table(draw);
    return single(
      kind,
      "a.jsonl",
      jsonl(made, () => draw.of(["[1]", "1", "null", '"x"', "true"])),
      line(made.at + 1),
      "must be an object",
    );
  },
  "a text that is none": (draw, kind) => {
    const made = table(draw);
    const value = draw.of(["7", "true", "[]", "{}"]);
    const spoilt = draw.of([`{"text":${value},"label":"a"}`, '{"label":"a"}']);
    return {
      ...single(
        kind,
        "a.jsonl",
        jsonl(made, () => spoilt),
        line(made.at + 1),
        "the text is",
      ),
      options: { text: "text" },
    };
  },
  "a label that is none": (draw, kind) => {
    const made = table(draw);
    const value = draw.of(["null", "1.5", '["a"]', '{"a":1}', '" "']);
    return single(
      kind,
      "a.jsonl",
      jsonl(made, ([own]) => `{"text":${JSON.stringify(own)},"label":${value}}`),
      line(made.at + 1),
      "the label is",
    );
  },
  "a JSON list that is cut off": (draw, kind) => {
    const { rows } = table(draw);
    const whole = JSON.stringify(
      rows.map(([own, label]) => ({ text: own, label })),
      null,
      draw.of([0, 2]),
    );
    return single(kind, "a.json", whole.slice(0, 20 + draw.below(whole.length - 22)), "line ", "cut off");
  },
  "a JSON list without a comma": (draw, kind) => {
    const made = table(draw);
    const elements = made.rows.map(([own, label]) => JSON.stringify({ text: own, label }));
    const at = 1 + draw.below(elements.length - 1);
    const content = `[\n${elements.map((element, i) => `${element}${i === at - 1 || i === elements.length - 1 ? "" : ","}`).join("\n")}\n]`;
    return single(kind, "a.json", content, line(at + 2), "no comma");
  },
  "Parquet that is cut off": (draw, kind) =>
    single(kind, "a.parquet", parquet.subarray(0, draw.below(parquet.length)), "cannot be read, it may be cut off"),
  "Parquet with its end damaged": (draw, kind) => {
    const from = parquet.length - 8 - draw.below(4);
    return single(kind, "a.parquet", damaged(parquet, from, from + 4), "cannot be read");
  },
  "gzip that is cut off": (draw, kind) => {
    const whole = gzipSync(csv(table(draw), (row) => row.join(",")));
    return single(kind, "a.csv.gz", whole.subarray(0, 12 + draw.below(whole.length - 14)), "gzip", "cut off");
  },
  "more labels than there can be": (draw, kind) => {
    const rows = Array.from({ length: 1001 + draw.below(50) }, (_, i) => `${text(draw, i)},label ${i}`);
    return single(kind, "a.csv", ["text,label", ...rows].join("\n"), line(1002), '"label"', "more than 1000");
  },
  "a label that training lacks": (draw, kind) => {
    const split = draw.of(["validation", "test"]);
    const made = table(draw);
    const plain = (name: string) =>
      ["text,label", ...Array.from({ length: 9 }, (_, i) => `${name} ${i},${"ab"[i % 2]}`)].join("\n");
    const files = { "train.csv": plain("train"), "validation.csv": plain("validation"), "test.csv": plain("test") };
    const spoilt = csv(made, ([own]) => `${own},unknown`);
    return {
      kind,
      files: { ...files, [`${split}.csv`]: spoilt },
      says: [`${split}.csv`, line(made.at + 2), '"unknown"'],
    };
  },
  "too few rows": (draw, kind) => {
    const rows = Array.from({ length: 1 + draw.below(4) }, (_, i) => `${text(draw, i)},${"ab"[i % 2]}`);
    return single(kind, "a.csv", ["text,label", ...rows].join("\n"), "too few rows");
  },
  "columns that do not say what they are": (draw, kind) => {
    const names = [draw.of(["a", "x1", "größe"]), draw.of(["b", "x2"]), draw.of(["c", "x3"]), draw.of(["d", "x4"])];
    const rows = Array.from({ length: 9 }, (_, i) => `the cat sat ${i},a dog ran ${i},it was so ${i},${i}`);
    return single(kind, "a.csv", [names.join(","), ...rows].join("\n"), `"${names[1]}"`, "which column is the text?");
  },
  "a cell that is neither yes nor no": (draw, kind) => {
    const made = table(draw);
    const cell = draw.of(["2", "maybe", "0.5", "-1"]);
    const rows = made.rows.map(([own], i) => `${own},${i === made.at ? cell : i % 2},1`);
    const options = { multiLabel: true, label: "kind,odd" };
    return {
      ...single(kind, "a.csv", ["text,kind,odd", ...rows].join("\n"), line(made.at + 2), "the kind is"),
      options,
    };
  },
  "UTF-16 that is cut off": (draw, kind) => {
    const bytes = Buffer.from(`\ufeff${csv(table(draw), (row) => row.join(","))}`, "utf16le");
    return single(kind, "a.csv", bytes.subarray(0, bytes.length - 1), "line ", "utf-16le");
  },
  "another kind of file": (draw, kind) => {
    const name = draw.of(["a.xlsx", "a.doc", "a", "a.csv.zip", "a.pkl", "a.gz"]);
    return single(kind, name, "text,label\n", "can be read");
  },
};

/** `count` of them, of all kinds in turn. */
export function malformed(count: number): Malformed[] {
  const names = Object.keys(kinds);
  return Array.from({ length: count }, (_, i) => {
    const kind = names[i % names.length]!;
    return kinds[kind]!(new Draw(kind, i), kind);
  });
}
