import { describe, expect, test } from "vitest";
import {
  cutMiddle,
  cutTo,
  namesWithin,
  padTo,
  printable,
  widthOf,
  wrappedTo,
} from "../../../src/document/narrow-text.ts";

describe("text for a terminal", () => {
  test("has columns, not characters: East Asian ones and emoji take two", () => {
    expect([widthOf("abc"), widthOf("日本"), widthOf("e\u0301"), widthOf("👨‍👩‍👧‍👦"), widthOf("한국어!")]).toEqual([
      3, 4, 1, 2, 7,
    ]);
  });

  test("is cut with an ellipsis, never wider than it may be", () => {
    expect(cutTo(5, "hello")).toBe("hello");
    expect(cutTo(5, "hello!")).toBe("hell…");
    expect(cutTo(6, "one two")).toBe("one t…");
    expect(cutTo(5, "one two")).toBe("one…");
    expect(cutTo(4, "日本語")).toBe("日…");
    expect(cutTo(1, "日本語")).toBe("…");
    expect(cutTo(0, "a")).toBe("");
    expect(cutTo(Number.POSITIVE_INFINITY, "a".repeat(1000))).toHaveLength(1000);
  });

  test("keeps both ends of names", () => {
    expect(cutMiddle(9, "LoRA, rank 8 (study)")).toBe("LoRA…udy)");
    expect(cutMiddle(6, "日本語データ")).toBe("日…タ");
    expect(cutMiddle(20, "LoRA, rank 8 (study)")).toBe("LoRA, rank 8 (study)");
    for (let width = 1; width < 20; width++)
      expect(widthOf(cutMiddle(width, "LoRA, rank 8 (study)"))).toBeLessThanOrEqual(width);
  });

  test("is filled up to its width", () => {
    expect(padTo(4, "日")).toBe("日  ");
    expect(padTo(1, "ab")).toBe("ab");
  });

  test("breaks between words", () => {
    expect(wrappedTo(7, "one two three four")).toEqual(["one two", "three", "four"]);
    expect(wrappedTo(3, "endless")).toEqual(["endless"]);
  });

  test("names as many as there is room for", () => {
    expect(namesWithin(100, ["a", "b", "c"])).toBe("a, b, c");
    expect(namesWithin(15, ["aaaa", "bbbb", "cccc"])).toBe("aaaa and 2 more");
    expect(namesWithin(1, ["aaaa", "bbbb"])).toBe("aaaa and 1 more");
    expect(namesWithin(1, ["aaaa"])).toBe("aaaa");
  });

  test("does not move the cursor", () => expect(printable("a\u001b[2J\nb")).toBe("a [2J b"));
});
