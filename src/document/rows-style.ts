/** How lists of many rows, tables that are sorted and charts that are zoomed look. */

export const rowsStyle = `
.rows-place { margin: 0.8rem 0; scroll-margin-top: 1rem; }
.rows-controls { display: flex; flex-wrap: wrap; gap: 0.6rem 1rem; align-items: end; }
.rows-controls label { display: grid; gap: 0.2rem; font-size: 0.8rem; color: var(--muted); width: 13rem; max-width: 100%; }
.rows-controls input, .rows-controls select {
  font: inherit; font-size: 0.9rem; color: var(--ink); background: var(--paper); border: 1px solid var(--edge);
  border-radius: 4px; padding: 0.3rem 0.5rem; min-height: 2.1rem; width: 100%; min-width: 0;
}
:is(.rows-controls :is(input, select), .rows, .rows button, .zoom-frame, .zoom-buttons button, th button):focus-visible {
  outline: 2px solid var(--accent); outline-offset: 1px;
}
.rows {
  position: relative; overflow: auto; max-height: min(38rem, 80vh); border: 1px solid var(--rule); border-radius: 6px;
  font-size: 0.875rem; line-height: 1.35; font-variant-numeric: tabular-nums; contain: layout paint;
}
.rows-top { position: sticky; top: 0; z-index: 2; background: var(--panel); border-bottom: 1.5px solid var(--muted); }
.rows-row { display: grid; grid-template-columns: var(--columns); gap: 0 0.9rem; padding: 0.35rem 0.7rem; align-items: center; }
.rows-head { font-weight: 600; font-size: 0.8rem; }
.rows-body { position: relative; }
.rows-item { position: absolute; inset: 0 0 auto 0; border-bottom: 1px solid var(--rule); }
.rows-item > .rows-row { height: 3.3rem; cursor: pointer; }
.rows-item > .rows-row:hover { background: var(--panel); }
.rows-row > * { min-width: 0; overflow: hidden; text-overflow: ellipsis; }
.rows-item > .rows-row > :first-child { display: flex; gap: 0.5rem; align-items: start; }
.rows-row > :not(:first-child) { white-space: nowrap; }
.clipped { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; overflow-wrap: anywhere; }
.rows :is(.share, .number), .rows-details :is(.share, .number) { text-align: right; }
.rows button, th button { font: inherit; color: inherit; background: none; border: 0; padding: 0.1rem 0; text-align: inherit; cursor: pointer; }
.rows [aria-sort] button::after, th[aria-sort] button::after { content: " ↕"; opacity: 0.55; }
[aria-sort="ascending"] button::after { content: " ↑" !important; opacity: 1 !important; }
[aria-sort="descending"] button::after { content: " ↓" !important; opacity: 1 !important; }
.rows button.open { flex: none; width: 1.2rem; color: var(--muted); text-align: center; line-height: inherit; }
.rows button.open[aria-expanded="true"] { transform: rotate(90deg); }
.rows-details { padding: 0.2rem 0.9rem 0.9rem 2.4rem; background: var(--panel); overflow: hidden; }
.rows-details h4 { margin: 0.8rem 0 0.2rem; font-size: 0.85rem; }
.rows-details p { margin: 0.4rem 0; }
.rows-details .whole { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.95rem; }
.rows-details td { overflow-wrap: anywhere; max-width: 40rem; }
.rows-details tr > :first-child { position: static; background: none; }
[data-choose] { cursor: pointer; }
.zoom-frame { overflow: auto; border: 1px solid var(--rule); border-radius: 6px; }
.zoom-buttons { display: flex; gap: 0.4rem; margin-top: 0.4rem; }
.zoom-buttons button {
  font: inherit; width: 2.2rem; height: 2.2rem; border: 1px solid var(--edge); border-radius: 4px; background: var(--paper);
  color: var(--ink); cursor: pointer;
}
.zoom-buttons button:disabled { color: var(--muted); cursor: default; }
@media (max-width: 640px) {
  .rows-controls label { width: calc(50% - 0.5rem); }
  .rows-controls label:first-child { width: 100%; }
  .rows-row { display: flex; flex-wrap: wrap; gap: 0.1rem 1rem; }
  .rows-item > .rows-row { height: 5rem; align-content: center; }
  .rows-item > .rows-row > :first-child { flex-basis: 100%; }
  .rows-item > .rows-row > :not(:first-child) { max-width: 42%; }
  .rows-item > .rows-row > .number::before { content: attr(data-title) " "; }
  .rows-details { padding-left: 0.9rem; }
  .rows-details table { display: block; overflow-x: auto; }
}
@media print { .rows-controls, .zoom-buttons { display: none; } .rows { max-height: none; overflow: visible; } }
`;
