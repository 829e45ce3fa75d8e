/** Where Attune and PEFT differ on purpose, one switch decides; ARCHITECTURE.md has the table. */

export const semanticsNames = ["attune", "peft"] as const;
export type Semantics = (typeof semanticsNames)[number];
