/** Dates and times as text: whether a cell is one and nothing else. */

const LOCALES = ["en", "de", "fr", "es", "it", "pt", "nl", "sv", "pl"];
const OTHERS =
  "am pm utc gmt z t st nd rd th of at the um uhr de del le el il den o'clock est edt cst cdt mst mdt pst pdt cet cest bst".split(
    " ",
  );

/** Names of months and weekdays, short and long, and what stands between them. */
let words: ReadonlySet<string> | undefined;

function dateWords(): ReadonlySet<string> {
  if (words) return words;
  const found = new Set(OTHERS);
  for (const locale of LOCALES)
    for (const style of ["short", "long"] as const) {
      const format = new Intl.DateTimeFormat(locale, { month: style, weekday: style, day: "numeric", timeZone: "UTC" });
      // Days of all months and of a whole week.
      for (let day = 0; day < 19; day++) {
        const date = new Date(Date.UTC(2023, day < 12 ? day : 0, 1 + (day < 12 ? 0 : day - 11)));
        for (const { type, value } of format.formatToParts(date))
          if (type === "month" || type === "weekday") found.add(value.toLowerCase().replace(/\.$/, ""));
      }
    }
  words = found;
  return found;
}

/** "2009-04-06", "6/4/2009 10:00", "Mon Apr 06 22:00:45 PDT 2009": numbers of which one shows a date, and names that dates have. */
export function isDate(text: string): boolean {
  if (text.length > 60 || !/\d{1,4}[-/.:]\d{1,2}|\b\d{4}\b/.test(text)) return false;
  const left = text.toLowerCase().match(/\p{L}[\p{L}\p{M}']*/gu) ?? [];
  return left.every((word) => dateWords().has(word)) && !/[^\p{L}\p{M}\p{N}\s.,:/+\-'()]/u.test(text);
}
