/** Inputs that nobody meant, from such as somebody did: the same seed gives the same ones. */
import { randomKey, uint32 } from "../../src/base/random.ts";

/** Whole numbers below a limit, one after the other. */
export type Draw = (below: number) => number;

export function drawsOf(...seed: readonly (string | number)[]): Draw {
  const key = randomKey(0, "sample", ...seed);
  let count = 0;
  return (below) => uint32(key, count++) % below;
}

const deep = (depth: number): unknown => {
  let value: unknown = [];
  for (let i = 0; i < depth; i++) value = i % 2 ? { a: value } : [value];
  return value;
};

/** What stands in the place of a value. */
const ODD: readonly (() => unknown)[] = [
  ...[null, true, false, 0, -1, 1.5, 1e308, 2 ** 53, "", " ", "x", "..", "../../x", "/etc/passwd", "constructor"].map(
    (value) => () => value,
  ),
  ...[
    "__proto__",
    "toString",
    "\u0000",
    "\u001b[2J",
    "\ud83d",
    "=1+1",
    "yes",
    "NaN",
    "a\nb",
    "(a+)+$",
    "*".repeat(12),
  ].map((value) => () => value),
  () => [],
  () => ({}),
  () => [null],
  () => [[]],
  () => ({ type: "Sequence", normalizers: [null] }),
  () => deep(300),
  () => "x".repeat(100_000),
  () => Array.from({ length: 1000 }, (_, i) => i),
];

/** A copy with one to three places changed. */
export function mutateJson(value: unknown, draw: Draw): unknown {
  let changed = structuredClone(value);
  for (let left = 1 + draw(3); left > 0; left--) changed = mutateOnce(changed, draw);
  return changed;
}

function mutateOnce(value: unknown, draw: Draw): unknown {
  const keys = typeof value === "object" && value !== null ? Object.keys(value) : [];
  if (keys.length === 0 || draw(8) === 0) return ODD[draw(ODD.length)]!();
  const holder = value as Record<string, unknown>;
  const key = keys[draw(keys.length)]!;
  const what = draw(8);
  if (what === 0) {
    if (Array.isArray(value)) value.splice(Number(key), 1);
    else delete holder[key];
  } else if (what === 1 && Array.isArray(value)) value.push(ODD[draw(ODD.length)]!());
  else if (what === 1) holder[["constructor", "hasOwnProperty", "x", ""][draw(4)]!] = ODD[draw(ODD.length)]!();
  else holder[key] = mutateOnce(holder[key], draw);
  return value;
}

const PIECES = [
  "\u0000",
  "\r",
  "\n",
  '"',
  "'",
  ",",
  ";",
  "\t",
  "{",
  "[",
  "]",
  "}",
  ":",
  "&a",
  "*a",
  "<<",
  "---\n",
  "\\",
  "\ufeff",
  "�",
  "é",
  "-",
  "#",
  "|",
  "!!",
  "1e999",
];

/** Bytes with one to four places cut out, doubled, overwritten or filled. */
export function mutateBytes(bytes: Uint8Array, draw: Draw): Uint8Array {
  let text = Buffer.from(bytes);
  for (let left = 1 + draw(4); left > 0; left--) {
    const at = draw(text.length + 1);
    const end = Math.min(text.length, at + 1 + draw(40));
    const piece = Buffer.from(PIECES[draw(PIECES.length)]!);
    const part = text.subarray(at, end);
    const between = [
      Buffer.alloc(0),
      Buffer.concat([part, part]),
      piece,
      Buffer.concat([piece, part]),
      Buffer.from([draw(256)]),
    ];
    text = Buffer.concat([text.subarray(0, at), between[draw(between.length)]!, text.subarray(end)]);
  }
  return text;
}

/** What counts, lengths and ends are most likely to be wrong with. */
const ODD_BYTES = [0, 1, 0x7f, 0x80, 0xff];

/** Bytes with one to four of them overwritten: what has places and lengths of its own is still found where it was. */
export function overwriteBytes(bytes: Uint8Array, draw: Draw): Uint8Array {
  const changed = Uint8Array.from(bytes);
  for (let left = 1 + draw(4); left > 0; left--)
    changed[draw(changed.length)] = draw(2) === 0 ? ODD_BYTES[draw(ODD_BYTES.length)]! : draw(256);
  return changed;
}
