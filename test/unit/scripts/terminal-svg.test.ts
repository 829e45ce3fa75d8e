import { expect, test } from "vitest";
import { terminalSvg } from "../../../scripts/terminal-svg.ts";

const textsOf = (svg: string): string[] => [...svg.matchAll(/<text [^>]*>(.*?)<\/text>/g)].map((match) => match[1]!);

test("colours, bold and dim become spans, and what XML would read is escaped", () => {
  const lines = ["\u001b[1mrun\u001b[0m a < b & c", "\u001b[2;31mfailed\u001b[39m \u001b[22;92mdone\u001b[m   ", ""];
  expect(textsOf(terminalSvg([{ lines, seconds: 1 }], 40))).toEqual([
    '<tspan font-weight="bold">run</tspan> a &lt; b &amp; c',
    '<tspan opacity=".6" style="fill:#ff7b72">failed</tspan><tspan opacity=".6"> </tspan><tspan style="fill:#3fb950">done</tspan>',
  ]);
});

test("a style holds until it is taken back, also over the end of a line", () => {
  const dim = (text: string) => `<tspan opacity=".6">${text}</tspan>`;
  const svg = terminalSvg([{ lines: ["\u001b[2mone", "two", "\u001b[0mthree"], seconds: 1 }], 10);
  expect(textsOf(svg)).toEqual([dim("one"), dim("two"), "three"]);
});

test("columns stand below each other: lines of as many characters are as long, whatever their colours", () => {
  const svg = terminalSvg([{ lines: ["│ 12", "\u001b[1m█\u001b[0m 34"], seconds: 1 }], 4);
  const lengths = [...svg.matchAll(/textLength="([\d.]+)"/g)].map((match) => match[1]);
  expect(lengths).toEqual(["33.7", "33.7"]);
});

test("screens are shown one after the other, each for its seconds", () => {
  const screens = [1, 1, 2].map((seconds, i) => ({ lines: [`screen ${i}`], seconds }));
  const svg = terminalSvg(screens, 10);
  expect(textsOf(svg)).toEqual(["screen 0", "screen 1", "screen 2"]);
  expect(svg).toContain("@keyframes s1{0%{visibility:hidden}25.00%{visibility:visible}50.00%{visibility:hidden}}");
  expect(svg).toContain("#s2{animation:s2 4s step-end infinite}");
  expect(terminalSvg(screens.slice(0, 1), 10)).not.toContain("animation");
});
