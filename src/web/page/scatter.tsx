/** Any two figures of the runs against each other. */
import { useState } from "preact/hooks";
import type { FigureName, RunRow } from "../app-types.ts";
import { Chart, type Series } from "./chart.tsx";
import { colourOf } from "./curves-view.tsx";
import { figureNames, figures } from "./figures.ts";

export function Scatter({
  rows,
  nameOf,
}: {
  readonly rows: readonly RunRow[];
  readonly nameOf: (row: RunRow) => string;
}) {
  const [x, setX] = useState<FigureName>("seconds");
  const [y, setY] = useState<FigureName>("f1");
  const known = rows.filter(({ figures: has }) => has[x] !== undefined && has[y] !== undefined);
  const methods = [...new Set(known.map(({ method }) => method))];
  const series: Series[] = methods.map((method, i) => {
    const own = known.filter((row) => row.method === method);
    return {
      name: method,
      colour: colourOf(i),
      points: own.map(({ figures: has }) => [has[x]!, has[y]!]),
      names: own.map(nameOf),
    };
  });
  const choice = (title: string, value: FigureName, set: (name: FigureName) => void) => (
    <label>
      {title}
      <select value={value} onChange={({ currentTarget }) => set(currentTarget.value as FigureName)}>
        {figureNames.map((name) => (
          <option key={name} value={name}>
            {figures[name].title}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <>
      <div class="row">
        {choice("Across", x, setX)}
        {choice("Up", y, setY)}
        {methods.map((method, i) => (
          <span key={method} class="quiet">
            <span class={`swatch ${colourOf(i)}`} />
            {method}
          </span>
        ))}
      </div>
      <Chart
        title={`${figures[y].title} against ${figures[x].title}`}
        kind="scatter"
        tall
        series={series}
        x={figures[x]}
        y={figures[y]}
      />
    </>
  );
}
