/**
 * Sizes that are known (768) or symbolic ("tokens", "batch*length", "length+20"). A symbolic size is a polynomial kept
 * in one canonical spelling, so that two sizes are equal exactly when they are `===`.
 */
import { AttuneError } from "../base/error.ts";

export type Dim = number | string;
export type Shape = readonly Dim[];

/** Monomial ("batch*length"; "" for the constant) → coefficient. */
type Polynomial = Map<string, number>;

function parse(dim: Dim): Polynomial {
  if (typeof dim === "number") return new Map([["", dim]]);
  const terms: Polynomial = new Map();
  for (const term of dim.split("+")) {
    const factors = term.split("*");
    const coefficient = /^-?\d+$/.test(factors[0]!) ? Number(factors.shift()) : 1;
    const monomial = factors.join("*");
    terms.set(monomial, (terms.get(monomial) ?? 0) + coefficient);
  }
  return terms;
}

function format(terms: Polynomial): Dim {
  const present = [...terms].filter(([, coefficient]) => coefficient !== 0);
  if (present.length === 0) return 0;
  if (present.length === 1 && present[0]![0] === "") return present[0]![1];
  // The constant comes last: "length+20".
  present.sort(([a], [b]) => (a === "" ? 1 : b === "" ? -1 : a < b ? -1 : 1));
  return present.map(([monomial, k]) => (monomial === "" ? `${k}` : k === 1 ? monomial : `${k}*${monomial}`)).join("+");
}

/** a + b. */
export function addDims(a: Dim, b: Dim): Dim {
  const sum = parse(a);
  for (const [monomial, k] of parse(b)) sum.set(monomial, (sum.get(monomial) ?? 0) + k);
  return format(sum);
}

/** The product of all sizes: how many elements a shape has. */
export function productOf(dims: Shape): Dim {
  let product: Polynomial = new Map([["", 1]]);
  for (const dim of dims) {
    const next: Polynomial = new Map();
    for (const [m1, k1] of product)
      for (const [m2, k2] of parse(dim)) {
        const monomial = [...m1.split("*"), ...m2.split("*")].filter(Boolean).sort().join("*");
        next.set(monomial, (next.get(monomial) ?? 0) + k1 * k2);
      }
    product = next;
  }
  return format(product);
}

/** The value of a size once its symbols are known. */
export function evaluateDim(dim: Dim, symbols: Readonly<Record<string, number>>): number {
  let value = 0;
  for (const [monomial, k] of parse(dim)) {
    let term = k;
    for (const symbol of monomial.split("*").filter(Boolean)) {
      const size = symbols[symbol];
      if (size === undefined)
        throw new AttuneError("graph/unbound-size", `no value for the size "${symbol}"`, "failure");
      term *= size;
    }
    value += term;
  }
  return value;
}

/** A shape with every symbol replaced by its value. */
export function evaluateShape(shape: Shape, symbols: Readonly<Record<string, number>>): number[] {
  return shape.map((dim) => evaluateDim(dim, symbols));
}

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((dim, i) => dim === b[i]);

export const shapeText = (shape: Shape): string => `[${shape.join(", ")}]`;
