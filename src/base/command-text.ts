/** Commands of Attune as they are typed. */

/** `batchSize` → `--batch-size`. */
export const flagOf = (key: string): string => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** `learningRate` → "learning rate". */
export const optionInWords = (key: string): string => key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** `batch-size` → `batchSize`; a key stays one. */
export const keyOf = (name: string): string => name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** As it is typed, so that a shell reads it the same way. */
export const commandText = (words: readonly string[]): string =>
  ["attune", ...words]
    .map((word) => (/^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ");
