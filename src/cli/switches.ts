/** `--multi-label reviews.csv`: a switch that stands alone does not take the word behind it. */
import type { Command } from "commander";

/** Words that are meant as a value, also those that are none: the error then names the switch. */
const VALUE = /^(true|false|yes|no|on|off|[01])$/i;

/** The words of a command line, each switch of its command with its value or `true`. */
export function withSwitches(words: readonly string[], command: Command | undefined): string[] {
  // Of all options, only switches can do without a value.
  const switches = new Set(command?.options.filter(({ optional }) => optional).map(({ long }) => long));
  const end = words.indexOf("--");
  const found: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const [word, next] = [words[i]!, words[i + 1]];
    const isSwitch = switches.has(word) && (end < 0 || i < end);
    if (!isSwitch) found.push(word);
    else if (next !== undefined && VALUE.test(next)) found.push(`${word}=${words[++i]}`);
    else found.push(`${word}=true`);
  }
  return found;
}
