/** Commands of Attune as they are typed. */

/** `batchSize` → `--batch-size`. */
export const flagOf = (key: string): string => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** As it is typed, so that a shell reads it the same way. */
export const commandText = (words: readonly string[]): string =>
  ["attune", ...words]
    .map((word) => (/^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ");
