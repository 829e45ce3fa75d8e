/** How a report looks: on light and dark screens, phones and paper. */
import { cssVariables } from "./palette.ts";
import { rowsStyle } from "./rows-style.ts";

export const pageStyle = `
:root { ${cssVariables("light")}; color-scheme: light dark; }
@media screen and (prefers-color-scheme: dark) { :root { ${cssVariables("dark")} } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-behavior: smooth; scroll-padding-top: 1rem; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body {
  margin: 0 auto; padding: 2.5rem 1.25rem 5rem; max-width: 1320px; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  overflow-wrap: break-word;
}
header, main, nav { min-width: 0; }
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; font-weight: 650; letter-spacing: -0.015em; }
h2 {
  margin: 0 0 1.1rem; padding-top: 1.3rem; border-top: 1px solid var(--rule);
  font-size: 1.35rem; line-height: 1.25; font-weight: 650; letter-spacing: -0.01em;
}
h3 { margin: 1.8rem 0 0.6rem; font-size: 1.02rem; line-height: 1.35; font-weight: 650; }
section { margin-top: 2.8rem; }
section:first-child { margin-top: 0; }
p, ul, dl { margin: 0.6rem 0; }
p, section > ul, dd { max-width: 46rem; }
section > ul { padding-left: 1.2rem; }
li + li { margin-top: 0.35rem; }
a { color: var(--accent); text-underline-offset: 0.15em; text-decoration-thickness: 1px; }
code, pre { font: 0.875em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; overflow-wrap: anywhere; }
pre { margin: 0.8rem 0; padding: 0.8rem 1rem; background: var(--panel); border-radius: 6px; white-space: pre-wrap; }
.subtitle { margin: 0.5rem 0 0; color: var(--muted); max-width: none; }
.quiet { color: var(--muted); font-size: 0.9rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

nav { margin: 1.6rem 0 2.2rem; font-size: 0.9rem; line-height: 1.4; }
nav ol { margin: 0; padding: 0; list-style: none; display: flex; flex-wrap: wrap; gap: 0.35rem 1.1rem; }
nav li + li { margin-top: 0; }
nav a { color: var(--muted); text-decoration: none; }
nav a:hover { color: var(--accent); text-decoration: underline; }
@media screen and (min-width: 1180px) {
  body { display: grid; grid-template-columns: 200px minmax(0, 1fr); column-gap: 3rem; }
  header { grid-column: 2; margin-bottom: 2rem; }
  nav { grid-row: 1 / span 2; grid-column: 1; margin: 0; position: sticky; top: 2.5rem; align-self: start; }
  nav ol { flex-direction: column; gap: 0.5rem; }
  main { grid-column: 2; }
}

dl > div { display: grid; grid-template-columns: 11rem minmax(0, 1fr); gap: 0 1.5rem; padding: 0.5rem 0; }
dl > div + div { border-top: 1px solid var(--rule); }
dt { color: var(--muted); font-size: 0.94rem; }
dd { margin: 0; overflow-wrap: anywhere; }
.answer > div { padding: 0.75rem 0; }
.answer dd p { margin: 0.15rem 0 0; color: var(--muted); font-size: 0.9rem; }
.answer dd > strong { color: var(--accent); font-weight: 650; }
#answer h2 { border: 0; padding: 0; }

.scroll { position: relative; overflow-x: auto; margin: 0.8rem 0; max-width: 100%; width: fit-content; }
.scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table { border-collapse: separate; border-spacing: 0; font-size: 0.875rem; line-height: 1.35; font-variant-numeric: tabular-nums lining-nums; }
caption { text-align: left; color: var(--muted); padding: 0 0 0.5rem; font-size: 0.9rem; }
th, td { padding: 0.42rem 0.65rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule); font-weight: 400; }
thead th { color: var(--muted); font-weight: 600; font-size: 0.8rem; line-height: 1.25; vertical-align: bottom; border-bottom: 1.5px solid var(--muted); }
th.figures, td.figures { text-align: right; white-space: nowrap; }
thead th.figures { white-space: normal; min-width: 4.6rem; }
th small, td small { display: block; color: var(--muted); font-size: 0.75rem; font-weight: 400; white-space: nowrap; }
tbody th[scope="row"] { min-width: 8.8rem; }
th[scope="row"] + th, th[scope="row"] + td { min-width: 5rem; }
tr > :first-child { position: sticky; left: 0; background: var(--paper); z-index: 1; padding-left: 0.15rem; }
.group th { padding-top: 1rem; font-weight: 650; border-bottom-color: var(--muted); }
.group span { position: sticky; left: 0.15rem; }
td.shade, th.shade { background: color-mix(in srgb, var(--heat) var(--shade), transparent); color: var(--ink); }
td.shade small { color: inherit; }
td.best, th.best { font-weight: 700; background: var(--best); }
td.best.shade { box-shadow: inset 0 0 0 1.5px var(--ink); background: color-mix(in srgb, var(--heat) var(--shade), transparent); }
td.best small { color: var(--ink); }
tbody tr:hover > :not(.best):not(.shade) { background: var(--panel); }
.prose { width: 100%; }
.prose tr > :first-child { position: static; }
.prose td { min-width: 6.5rem; }
.prose .wide { min-width: 15rem; width: 55%; }
td, th { max-width: 18rem; overflow-wrap: break-word; }
.prose .wide { overflow-wrap: anywhere; max-width: none; }
td.bars { white-space: nowrap; max-width: none; }
.bar { display: inline-block; width: calc(var(--bar) * 9rem); height: 0.75em; margin-right: 0.6em; background: var(--heat); }
.dot { display: inline-block; width: 0.62em; height: 0.62em; border-radius: 50%; margin-right: 0.5em; }

.plots { margin: 0.8rem 0; }
.legend { list-style: none; padding: 0; margin: 0.8rem 0; display: flex; flex-wrap: wrap; gap: 0.3rem 1.2rem; font-size: 0.875rem; max-width: none; }
.legend li { margin: 0; display: flex; align-items: center; }
.legend svg { margin-right: 0.45rem; flex: none; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, calc(var(--width) * 0.8)), 1fr)); gap: 1.4rem 1.2rem; margin: 0.8rem 0; }
figure { margin: 0; min-width: 0; width: 100%; max-width: calc(var(--width) * 1.25); }
figcaption { font-weight: 600; font-size: 0.9rem; margin-bottom: 0.35rem; }
figure svg { display: block; width: 100%; height: auto; font-family: inherit; }
figure svg text { pointer-events: none; }
details { margin: 0.9rem 0; }
summary { cursor: pointer; color: var(--accent); font-size: 0.92rem; }
.tip {
  position: fixed; transform: translateX(-50%); pointer-events: none; z-index: 9; max-width: min(22rem, 92vw);
  background: var(--ink); color: var(--paper); font-size: 0.8rem; line-height: 1.35; padding: 0.3rem 0.55rem; border-radius: 4px;
}
.tip[hidden] { display: none; }

${rowsStyle}
@media (max-width: 640px) {
  body { padding: 1.4rem 1rem 3rem; }
  h1 { font-size: 1.5rem; }
  h2 { font-size: 1.2rem; }
  dl > div { grid-template-columns: minmax(0, 1fr); }
  dt { font-weight: 600; }
  table { font-size: 0.84rem; }
  th, td { padding: 0.4rem 0.5rem; }
  tbody th[scope="row"] { min-width: 6.2rem; max-width: 8.5rem; }
  tr > :first-child { border-right: 1px solid var(--rule); }
  .bar { width: calc(var(--bar) * 5rem); }
  .prose tr > :first-child { border-right: 0; }
  .prose .wide { min-width: 12rem; }
  .group th { border-right: 0; }
}
@media print {
  @page { margin: 14mm 12mm; }
  :root { font-size: 9.5pt; }
  body { padding: 0; max-width: none; }
  header { margin-bottom: 1.6rem; }
  nav, .tip { display: none; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  section { margin-top: 1.4rem; }
  .scroll { overflow: visible; }
  table { font-size: 0.8rem; }
  th, td { padding: 2pt 4pt; }
  thead th { font-size: 0.74rem; }
  thead th.figures { min-width: 0; }
  tr > :first-child, .group span { position: static; }
  tr, figure, dl > div, h2, h3 { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .charts { grid-template-columns: repeat(auto-fill, minmax(calc(var(--width) * 0.52), 1fr)); gap: 8pt; }
  .plots { break-inside: avoid; }
}
`;
