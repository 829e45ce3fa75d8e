/** Text on its way to a terminal: what texts, labels, paths and answers of others hold must not steer it. */

/** Everything but colours and styles that a terminal takes for a command, carriage returns included. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const COMMANDS = /\x1b(?!\[[\d;]*m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]/g;

/** With the replacement character in place of each of them. */
export const harmless = (text: string): string => text.replace(/\r\n/g, "\n").replace(COMMANDS, "\ufffd");

/** Writes text to standard output. */
export const writeOut = (text: string): boolean => process.stdout.write(harmless(text));

/** Writes text to standard error. */
export const writeError = (text: string): boolean => process.stderr.write(harmless(text));
