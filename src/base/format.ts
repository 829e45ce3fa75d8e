/** Numbers as people read them, on the terminal and in reports. */

/** 0.9285 → "92.9 %". */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** 0.0001 → "0.010 %": the same with two figures where the share is small and its size is the point. */
export const smallPercent = (share: number): string =>
  share > 0 && share < 0.00095 ? `${(100 * share).toPrecision(2)} %` : percent(share);

/** "8:05", "1:02:09". */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** "11 kB", "1.2 MB", "640 MB", "2.1 GB". */
export function memory(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  if (bytes >= 9.95e6) return `${Math.round(bytes / 1e6)} MB`;
  return bytes >= 9.995e5 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.round(bytes / 1e3)} kB`;
}

/** 22715526 → "22,715,526". */
export const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ",");

/** "1 epoch", "2,000 epochs". */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${grouped(count)} ${count === 1 ? one : many}`;

/** Metrics and losses, of one width: 0.9285. */
export const metric = (value: number): string => value.toFixed(4);

/** Rows of cells as aligned text: the first column to the left, numbers to the right. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  "),
  );
}

/** "2.4 s", "48 s", "18 min 48 s", "1 h 02 min". */
export function timeSpan(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (n: number) => String(n).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** 22715526 → "22.7 M", 370437 → "370 k", 1542 → "1.54 k". */
export function abbreviated(count: number): string {
  for (const [unit, name] of [
    [1e12, "T"],
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const)
    if (count >= unit) return `${threeFigures(count / unit)} ${name}`;
  return threeFigures(count);
}

const threeFigures = (value: number): string =>
  value >= 99.95 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(value >= 9.995 ? 1 : 2);

/** "+0.0123", "−0.0400", with a sign that is as wide as the plus. */
export const signed = (value: number): string => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(4)}`;

/** "p < 0.001", "p = 0.034". */
export const probability = (p: number): string =>
  p < 0.001 ? "p < 0.001" : `p = ${p >= 0.1 ? p.toFixed(2) : p.toFixed(3)}`;

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
