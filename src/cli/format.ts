/** Numbers as people read them. */

/** 0.9285 → "92.9 %". */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** "8:05", "1:02:09". */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** "50 seconds", "41 minutes", "3 h 20 min". */
export function roughly(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} ${Math.round(seconds) <= 1 ? "second" : "seconds"}`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} minutes` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The time of day after so many seconds, "23:40"; with the day where that is not today. */
export function clockAfter(seconds: number, now = new Date()): string {
  const then = new Date(now.getTime() + 1000 * seconds);
  const time = [then.getHours(), then.getMinutes()].map((n) => String(n).padStart(2, "0")).join(":");
  if (then.toDateString() === now.toDateString()) return time;
  const day = [then.getFullYear(), then.getMonth() + 1, then.getDate()]
    .map((n) => String(n).padStart(2, "0"))
    .join("-");
  return `${day} ${time}`;
}

/** "640 MB", "2.1 GB". */
export const memory = (bytes: number): string =>
  bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;

/** 22715526 → "22,715,526". */
export const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ",");

/** Metrics and losses, of one width: 0.9285. */
export const metric = (value: number): string => value.toFixed(4);

/** Rows of cells as aligned text: the first column to the left, numbers to the right. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  "),
  );
}
