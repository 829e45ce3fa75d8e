/** Colours of reports: one set for light pages and one for dark ones, and which method has which. */
import { knownMethodNames, methodOf } from "../methods/registry.ts";

/**
 * Text has at least 4.5 : 1 against the page and against every tint behind it, lines and dots at least 3 : 1; a test
 * holds that, and that methods can be told apart, those of a default study well, without red-green or blue-yellow vision.
 */
export const palette = {
  paper: { light: "#ffffff", dark: "#14171a" },
  panel: { light: "#f5f6f8", dark: "#1c2024" },
  ink: { light: "#1b1e22", dark: "#e5e8eb" },
  muted: { light: "#5a6068", dark: "#a3abb3" },
  rule: { light: "#d8dce1", dark: "#363c43" },
  /** Of what one types into or clicks on: 3 : 1 against the page. */
  edge: { light: "#868d96", dark: "#6c757f" },
  accent: { light: "#0a5ca0", dark: "#74b7f4" },
  /** Behind the best cell of a column. */
  best: { light: "#d9eafa", dark: "#163d62" },
  /** The strongest tint of shaded cells. */
  heat: { light: "#74b3ea", dark: "#2a68ab" },
  /** Of what trains nothing. */
  none: { light: "#6f757c", dark: "#8b939b" },
  method1: { light: "#015ec6", dark: "#418ff7" },
  method2: { light: "#cb8014", dark: "#fea633" },
  method3: { light: "#008e42", dark: "#41d59a" },
  method4: { light: "#ae5cae", dark: "#d096df" },
  method5: { light: "#af2c06", dark: "#fe6651" },
  method6: { light: "#3f3fa0", dark: "#a9a4ff" },
  method7: { light: "#542448", dark: "#b424a8" },
  method8: { light: "#6c0c18", dark: "#f00060" },
  method9: { light: "#fc4854", dark: "#e4000c" },
  method10: { light: "#18543c", dark: "#b4f0e4" },
  method11: { light: "#a860fc", dark: "#6054f0" },
  method12: { light: "#4800a8", dark: "#786084" },
  method13: { light: "#6c006c", dark: "#e4ccfc" },
  method14: { light: "#f0549c", dark: "#cc60b4" },
} as const;

export type Colour = keyof typeof palette;

const METHOD_COLOURS = (Object.keys(palette) as Colour[]).filter((name) => name.startsWith("method"));

/**
 * The colour of a method: the same wherever it is named, whatever it is compared with, and whatever methods come later. From
 * the fifteenth on they begin again.
 */
export function methodColour(method: string): Colour {
  if (methodOf(method).trainsNothing) return "none";
  const place = knownMethodNames()
    .filter((name) => !methodOf(name).trainsNothing)
    .indexOf(method);
  return METHOD_COLOURS[place % METHOD_COLOURS.length]!;
}

/** A declaration of all colours as CSS variables. */
export const cssVariables = (scheme: "light" | "dark"): string =>
  Object.entries(palette)
    .map(([name, colours]) => `--${name}:${colours[scheme]}`)
    .join(";");
