import { expect, test } from "vitest";
import { csvField, escapeHtml, escapeMarkdown, isolated, shortened } from "../../../src/base/escape.ts";

test("nothing is markup in HTML, and nothing is left that XML cannot hold", () => {
  expect(escapeHtml(`<img src=x onerror='a("b")'>&`)).toBe("&lt;img src=x onerror=&#39;a(&quot;b&quot;)&#39;&gt;&amp;");
  expect(escapeHtml("a\u0000b\u001bc\ud800d\uffffe\u0085")).toBe("a\ufffdb\ufffdc\ufffdd\ufffde\ufffd");
  expect(escapeHtml("a\tb\n😀 ש")).toBe("a\tb\n😀 ש");
});

test("nothing is markup in Markdown, and a text stays on its line", () => {
  expect(escapeMarkdown("a|b *c* _d_ `e` [f](g) <h> &amp; $i$ ~j~ \\")).toBe(
    "a\\|b \\*c\\* \\_d\\_ \\`e\\` \\[f\\](g) &lt;h&gt; &amp;amp; \\$i\\$ \\~j\\~ \\\\",
  );
  expect(escapeMarkdown("one\r\n\r\ntwo\u2028three")).toBe("one two three");
  for (const [text, escaped] of [
    ["# a", "\\# a"],
    ["1. a", "1\\. a"],
    ["- a", "\\- a"],
    ["---", "--\\-"],
    ["0.9235", "0.9235"],
    ["-5", "-5"],
  ])
    expect(escapeMarkdown(text!)).toBe(escaped);
});

test("a spreadsheet takes no text for a formula", () => {
  for (const text of ["=1+1", "+1", "-1", "@a", "\t=1", " =cmd"]) expect(csvField(text)).toMatch(/^"?'/);
  expect(csvField(-1.5)).toBe("-1.5");
  expect(csvField('a "b", c\nd')).toBe('"a ""b"", c\nd"');
  expect(csvField(undefined)).toBe("");
  expect(csvField("plain")).toBe("plain");
});

test("names are cut between characters as people see them", () => {
  expect(shortened("👨‍👩‍👧‍👦👍🏽é", 2)).toBe("👨‍👩‍👧‍👦…");
  expect(shortened("abc", 3)).toBe("abc");
});

test("a name that runs from right to left does not turn what follows", () => {
  expect(isolated("שמחה")).toBe("\u2068שמחה\u2069");
  expect(isolated("joy")).toBe("joy");
});
