/** How an option is written on the command line. */

/** `batchSize` → `--batch-size`. */
export const flagOf = (key: string): string => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
