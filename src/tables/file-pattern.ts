/** File patterns as data cards have them, matched in time that grows with their length and no faster. */

type Part =
  | { readonly kind: "one"; readonly matches: (character: string) => boolean }
  | { readonly kind: "some" | "any" };

/**
 * Whether a path with `/` fits a pattern: `*` within a folder, `**` across folders, `?` one character, `[0-9]` one of
 * these, `[!0-9]` none of them.
 */
export function matchesPattern(path: string, pattern: string): boolean {
  const parts = partsOf(pattern.replace(/^\.\//, ""));
  // Which beginnings of the pattern fit what has been read: no way of going back, so no pattern takes long.
  let fits = new Uint8Array(parts.length + 1);
  fits[0] = 1;
  skip(fits, parts);
  for (const character of path) {
    const next = new Uint8Array(parts.length + 1);
    for (const [i, part] of parts.entries()) {
      if (fits[i] === 0) continue;
      if (part.kind === "any" || (part.kind === "some" && character !== "/")) next[i] = 1;
      else if (part.kind === "one" && part.matches(character)) next[i + 1] = 1;
    }
    skip(next, parts);
    fits = next;
  }
  return fits[parts.length] === 1;
}

/** Stars may also stand for nothing. */
function skip(fits: Uint8Array, parts: readonly Part[]): void {
  for (const [i, part] of parts.entries()) if (fits[i] === 1 && part.kind !== "one") fits[i + 1] = 1;
}

function partsOf(pattern: string): Part[] {
  const parts: Part[] = [];
  for (const [found] of pattern.matchAll(/\*\*\/?|\*|\?|\[!?\]?[^\]/]*\]|[\s\S]/gu)) {
    if (found.startsWith("**")) parts.push({ kind: "any" });
    else if (found === "*") parts.push({ kind: "some" });
    else if (found === "?") parts.push({ kind: "one", matches: (character) => character !== "/" });
    else if (found.length > 2 && found.startsWith("[")) parts.push({ kind: "one", matches: oneOf(found.slice(1, -1)) });
    else parts.push({ kind: "one", matches: (character) => character === found });
  }
  return parts;
}

function oneOf(inside: string): (character: string) => boolean {
  const isNegated = inside.startsWith("!");
  const characters = Array.from(isNegated ? inside.slice(1) : inside);
  const ranges: (readonly [string, string])[] = [];
  for (let i = 0; i < characters.length; i++) {
    const isRange = characters[i + 1] === "-" && i + 2 < characters.length;
    ranges.push([characters[i]!, characters[isRange ? i + 2 : i]!]);
    if (isRange) i += 2;
  }
  return (character) =>
    character !== "/" && ranges.some(([from, to]) => character >= from && character <= to) !== isNegated;
}
