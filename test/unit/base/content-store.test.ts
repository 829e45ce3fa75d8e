import { readdirSync, readFileSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ContentStore, fingerprint } from "../../../src/base/content-store.ts";
import { readAll, writeAll } from "../../../src/base/file-bytes.ts";
import { scratchFolder } from "../tables/scratch.ts";

const scratch = scratchFolder();
/** Of a store, not made yet. */
const newFolder = () => join(scratch.folder({}), "store");
const KEY = "kind-0";
/** Longer than the parts in which values are checked. */
const VALUE = Uint8Array.from({ length: (1 << 20) + 5 }, (_, i) => (i * 7919) >> 3);

describe("a value", () => {
  test("comes back, in memory and in its file", () => {
    const folder = newFolder();
    const store = new ContentStore(folder, "maker");
    expect(store.read(KEY)).toBeUndefined();
    store.write(KEY, VALUE, 3);
    expect(Buffer.compare(store.read(KEY)!, VALUE)).toBe(0);
    const open = store.open(KEY)!;
    const middle = new Uint8Array(10);
    readAll(open.file, middle, open.offset + 1000);
    expect(middle).toEqual(VALUE.subarray(1000, 1010));
    expect(open.bytes).toBe(VALUE.length);
    open.close();
    expect(readdirSync(folder)).toEqual([KEY]);
  });

  test("may be empty", () => {
    const store = new ContentStore(newFolder(), "maker");
    store.write(KEY, new Uint8Array(), 1);
    expect(store.read(KEY)).toEqual(new Uint8Array());
  });

  test("written piece by piece is there when it is finished, and never before", () => {
    const folder = newFolder();
    const store = new ContentStore(folder, "maker");
    const [first, second] = [store.begin(KEY, 6)!, store.begin(KEY, 6)!];
    writeAll(first.file, Uint8Array.of(4, 5, 6), first.offset + 3);
    first.finish(1); // What was not written is zero.
    writeAll(second.file, Uint8Array.of(1, 2, 3, 4, 5, 6), second.offset);
    expect(store.read(KEY)).toEqual(Uint8Array.of(0, 0, 0, 4, 5, 6));
    second.finish(1);
    expect(store.read(KEY)).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6));
    // Who has one open keeps it.
    const own = new Uint8Array(3);
    readAll(first.file, own, first.offset);
    expect(own).toEqual(new Uint8Array(3));
    for (const draft of [first, second]) draft.close();
    store.begin("kind-1", 6)!.close();
    expect(readdirSync(folder)).toEqual([KEY]);
  });

  test("that is not written to its end is not kept", () => {
    const folder = newFolder();
    const draft = new ContentStore(folder, "maker").begin(KEY, 6)!;
    writeAll(draft.file, Uint8Array.of(1), draft.offset);
    draft.finish(1);
    draft.close();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("what is broken is not there", () => {
  const damage: [string, (file: string) => void][] = [
    ["cut", (file) => truncateSync(file, VALUE.length)],
    ["cut within its header", (file) => truncateSync(file, 20)],
    ["empty", (file) => truncateSync(file, 0)],
    ["longer", (file) => writeFileSync(file, "x", { flag: "a" })],
    ...[0, 8, 17, 24, 32, 40_000, VALUE.length + 31].map((at): [string, (file: string) => void] => [
      `changed at byte ${at}`,
      (file) => {
        const bytes = readFileSync(file);
        bytes[at]! ^= 1;
        writeFileSync(file, bytes);
      },
    ]),
  ];

  test.each(damage)("%s", (_, change) => {
    const folder = newFolder();
    new ContentStore(folder, "maker").write(KEY, VALUE, 3);
    change(join(folder, KEY));
    const store = new ContentStore(folder, "maker");
    expect(store.read(KEY)).toBeUndefined();
    expect(store.open(KEY)).toBeUndefined();
    expect(store.collectSeconds()).toBe(0);
    store.write(KEY, VALUE, 3);
    expect(store.read(KEY)).toHaveLength(VALUE.length);
  });
});

describe("keys", () => {
  const store = new ContentStore("", "maker");

  test("depend on each part, where it ends, and who makes values", () => {
    const keys = [
      store.keyOf("kind", "a", "b"),
      store.keyOf("kind", "ab"),
      store.keyOf("kind", "a", "b", ""),
      store.keyOf("other", "a", "b"),
      new ContentStore("", "another").keyOf("kind", "a", "b"),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(store.keyOf("kind", "a", Buffer.from("b"))).toBe(keys[0]);
  });

  test("a fingerprint is SHA-256", () => {
    expect(fingerprint("abc", "")).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("seconds", () => {
  test("of what others made count once, of what was made here never", () => {
    const folder = newFolder();
    const maker = new ContentStore(folder, "maker");
    maker.write("a", VALUE, 2);
    maker.write("b", VALUE, 0.5);
    maker.read("a");
    expect(maker.collectSeconds()).toBe(0);
    const taker = new ContentStore(folder, "maker");
    taker.read("a");
    taker.open("a")!.close();
    expect(taker.collectSeconds()).toBe(2);
    taker.read("a");
    taker.read("b");
    expect(taker.collectSeconds()).toBe(0.5);
    expect(taker.counted).toEqual(["a", "b"]);
    const later = new ContentStore(folder, "maker");
    later.restore(["a"]);
    for (const key of ["a", "b"]) later.read(key);
    expect(later.collectSeconds()).toBe(0.5);
  });
});

describe("a folder", () => {
  test("that cannot be made keeps nothing and fails nothing", () => {
    const store = new ContentStore(join(scratch.file("file", ""), "below"), "maker");
    store.write(KEY, VALUE, 1);
    expect(store.read(KEY)).toBeUndefined();
    expect(store.begin(KEY, 1)).toBeUndefined();
  });

  test("loses what killed processes left in it, and not what others are writing", () => {
    const folder = newFolder();
    const store = new ContentStore(folder, "maker");
    store.write(KEY, VALUE, 1);
    const [old, young] = ["old.partial", "young.partial"].map((name) => join(folder, name)) as [string, string];
    for (const file of [old, young, join(folder, "other")]) writeFileSync(file, "");
    const twoHoursAgo = Date.now() / 1000 - 7200;
    for (const file of [old, join(folder, "other")]) utimesSync(file, twoHoursAgo, twoHoursAgo);
    store.write("kind-2", VALUE, 1);
    expect(readdirSync(folder).sort()).toEqual([KEY, "kind-2", "other", "young.partial"]);
  });
});
