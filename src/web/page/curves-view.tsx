/** The courses of the chosen runs, on axes that they share. */
import { useState } from "preact/hooks";
import { memory, metric, timeSpan } from "../../base/format.ts";
import type { RunRow } from "../app-types.ts";
import { Chart, type Series } from "./chart.tsx";
import { Scroll, State } from "./common.tsx";
import { type Along, type Curves, type Point, type StepFigure, smoothed } from "./curves.ts";
import type { Followed } from "./news.ts";
import { linkTo } from "./router.ts";

const COLOURS = 14;
export const colourOf = (place: number): string => `method${(place % COLOURS) + 1}`;

interface ShownCurve {
  readonly title: string;
  readonly show: (value: number) => string;
  readonly points: (curves: Curves, along: Along) => readonly Point[];
  /** Whether it may be smoothed. */
  readonly isRough: boolean;
}

const ofSteps = (title: string, figure: StepFigure, show: (value: number) => string, isRough = true): ShownCurve => ({
  title,
  show,
  isRough,
  points: (curves, along) => curves.points(figure, along),
});

const short = (value: number): string => String(Number(value.toPrecision(3)));
const rate = (value: number): string => (value === 0 ? "0" : value.toExponential(1));

const STEP_CURVES: readonly ShownCurve[] = [
  ofSteps("Training loss", "loss", short),
  ofSteps("Learning rate", "learningRate", rate, false),
  ofSteps("Gradient norm", "gradientNorm", short),
  ofSteps("Texts per second", "speed", short),
  ofSteps("Memory", "memory", memory, false),
];

/** Figures of the validation texts, by the names that epochs have. */
const EPOCH_FIGURES: Readonly<Record<string, string>> = {
  f1: "Validation macro F1",
  accuracy: "Validation accuracy",
  loss: "Validation loss",
  precision: "Validation precision",
  recall: "Validation recall",
  calibrationError: "Validation calibration error",
};

const LOSS = { show: short };
const SHARE = { show: short, least: 0.1 };

const ALONG: Readonly<Record<Along, { readonly title: string; readonly show: (value: number) => string }>> = {
  step: { title: "step", show: (value) => String(Math.round(value)) },
  epoch: { title: "epoch", show: short },
  time: { title: "training time", show: timeSpan },
};

interface Props {
  readonly rows: readonly RunRow[];
  readonly followed: Followed;
  readonly nameOf: (row: RunRow) => string;
}

export function CurvesView({ rows, followed, nameOf }: Props) {
  const [along, setAlong] = useState<Along>("step");
  const [isSmooth, setSmooth] = useState(true);
  const [figure, setFigure] = useState("f1");
  const lines = (points: (curves: Curves) => readonly Point[], smooth: boolean): Series[] =>
    rows.map((row, i) => {
      const curves = followed.get(row.path);
      const found = curves ? points(curves) : [];
      return { name: nameOf(row), colour: colourOf(i), points: smooth ? smoothed(found) : found };
    });
  return (
    <div>
      <div class="row between">
        <div class="row">
          <label>
            Along
            <select value={along} onChange={({ currentTarget }) => setAlong(currentTarget.value as Along)}>
              {Object.entries(ALONG).map(([name, { title }]) => (
                <option key={name} value={name}>
                  {title}
                </option>
              ))}
            </select>
          </label>
          <label>
            <input
              type="checkbox"
              checked={isSmooth}
              onChange={({ currentTarget }) => setSmooth(currentTarget.checked)}
            />
            Smooth
          </label>
        </div>
      </div>
      <ChosenRuns rows={rows} followed={followed} nameOf={nameOf} />
      <div class="charts">
        <figure>
          <figcaption>
            <select
              aria-label="Figure of the validation texts"
              value={figure}
              onChange={({ currentTarget }) => setFigure(currentTarget.value)}
            >
              {Object.entries(EPOCH_FIGURES).map(([name, title]) => (
                <option key={name} value={name}>
                  {title}
                </option>
              ))}
            </select>
          </figcaption>
          <Chart
            title={EPOCH_FIGURES[figure]!}
            kind="line"
            dots
            series={lines((curves) => curves.epochPoints(figure, along), false)}
            x={ALONG[along]}
            y={figure === "loss" ? LOSS : SHARE}
          />
        </figure>
        {STEP_CURVES.map(({ title, show, points, isRough }) => (
          <figure key={title}>
            <figcaption>{title}</figcaption>
            <Chart
              title={title}
              kind="line"
              series={lines((curves) => points(curves, along), isSmooth && isRough)}
              x={ALONG[along]}
              y={{ show }}
            />
          </figure>
        ))}
      </div>
    </div>
  );
}

/** What the colours stand for, and where each run is now. */
function ChosenRuns({ rows, followed, nameOf }: Props) {
  return (
    <Scroll name="Runs in the charts">
      <table>
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col">State</th>
            {["Step", "Loss", "Macro F1", "Texts/s", "Memory", "Left"].map((title) => (
              <th scope="col" class="figures" key={title}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => {
            const curves = followed.get(row.path);
            const { last, remaining, speed, epochs } = curves ?? {};
            const isRunning = row.state === "running";
            const f1 = epochs?.at(-1)?.figures.f1;
            return (
              <tr key={row.path}>
                <th scope="row">
                  <span class={`swatch ${colourOf(i)}`} />
                  <a href={linkTo("run", { path: row.path })}>{nameOf(row)}</a>
                </th>
                <td>
                  <State state={row.state} />
                </td>
                <td class="figures">{last ? `${last.step} of ${last.of}` : "–"}</td>
                <td class="figures">{last ? metric(last.loss) : "–"}</td>
                <td class="figures">{f1 === undefined ? "–" : metric(f1)}</td>
                <td class="figures">{speed ? speed.toFixed(0) : "–"}</td>
                <td class="figures">{last?.memory ? memory(last.memory) : "–"}</td>
                <td class="figures">{isRunning && remaining !== undefined ? timeSpan(remaining) : "–"}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}
