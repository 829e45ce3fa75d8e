import { describe, expect, test } from "vitest";
import { type Colour, methodColour, palette } from "../../../src/document/palette.ts";
import { builtInMethods } from "../../../src/methods/registry.ts";

type Rgb = readonly [number, number, number];
const schemes = ["light", "dark"] as const;

const linear = (hex: string): Rgb =>
  [1, 3, 5].map((at) => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;

/** WCAG 2. */
function contrast(a: string, b: string): number {
  const [x, y] = [a, b].map((hex) => {
    const [r, g, blue] = linear(hex);
    return 0.2126 * r + 0.7152 * g + 0.0722 * blue + 0.05;
  });
  return Math.max(x!, y!) / Math.min(x!, y!);
}

/** Machado, Oliveira and Fernandes 2009, severity 1. */
const VISION: Readonly<Record<string, readonly Rgb[]>> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function lab(hex: string, vision: string): Rgb {
  const rgb = linear(hex);
  const seen = VISION[vision]!.map((row) => row.reduce((sum, value, i) => sum + value * rgb[i]!, 0));
  const [r, g, b] = seen.map((value) => Math.min(1, Math.max(0, value))) as unknown as Rgb;
  const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116);
  const x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
  const y = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
  const z = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const distance = (a: Rgb, b: Rgb): number => Math.hypot(...a.map((value, i) => value - b[i]!));

describe.each(schemes)("%s", (scheme) => {
  const of = (name: Colour) => palette[name][scheme];

  test.each(["paper", "panel"] as const)("text can be read on %s", (page) => {
    for (const text of ["ink", "muted", "accent"] as const) expect(contrast(of(text), of(page))).toBeGreaterThan(4.5);
  });

  test("text can be read on marked and shaded cells", () => {
    for (const tint of ["best", "heat"] as const) expect(contrast(of("ink"), of(tint))).toBeGreaterThan(4.5);
  });

  test("lines and dots stand out from the page", () => {
    const drawn = Object.keys(palette).filter((name) => /^(method|none)/.test(name)) as Colour[];
    expect(drawn).toHaveLength(15);
    for (const name of drawn) expect(contrast(of(name), of("paper"))).toBeGreaterThan(3);
  });

  test.each(Object.keys(VISION))("the methods of a default study can be told apart with %s", (vision) => {
    const six = ["none", "full", "probe", "prompt", "prefix", "lora"] as const;
    const seen = six.map((method) => lab(of(methodColour(method)), vision));
    for (const [i, a] of seen.entries()) for (const b of seen.slice(i + 1)) expect(distance(a, b)).toBeGreaterThan(18);
  });

  test.each(Object.keys(VISION))("any two methods can be told apart with %s", (vision) => {
    const drawn = Object.keys(palette).filter((name) => /^(method|none)/.test(name)) as Colour[];
    const seen = drawn.map((name) => lab(of(name), vision));
    const least = vision === "normal" ? 16 : 11;
    for (const [i, a] of seen.entries())
      for (const [k, b] of seen.slice(i + 1).entries())
        expect(distance(a, b), `${drawn[i]} and ${drawn[i + 1 + k]}`).toBeGreaterThan(least);
  });
});

test("colours stay as they are when methods are added", () => {
  const six = ["full", "probe", "prompt", "prefix", "lora", "bitfit"] as const;
  expect(six.map(methodColour)).toEqual(["method1", "method2", "method3", "method4", "method5", "method6"]);
});

test("no colour is written in two ways, so that pictures can take those of the page", () => {
  const all = Object.values(palette).map(({ light }) => light);
  expect(new Set(all).size).toBe(all.length);
});

test("every method has a colour", () => {
  for (const method of Object.keys(builtInMethods) as (keyof typeof builtInMethods)[])
    expect(palette).toHaveProperty(methodColour(method));
});
