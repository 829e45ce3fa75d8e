/** `tsx scripts/pretraining-curve.ts RUN/result.json OUT.svg`: what a pre-training with a teacher did on held-out text. */
import { readFileSync, writeFileSync } from "node:fs";
import { axis, drawChart, ink } from "../src/document/chart.ts";
import type { Colour } from "../src/document/palette.ts";
import type { HeldOutMetrics, PretrainResult } from "../src/pretrain/pretrain-events.ts";

const [result, out] = process.argv.slice(2) as [string, string];
const { heldOut } = JSON.parse(readFileSync(result, "utf8")) as PretrainResult;
const series = [
  { name: "loss of masked words", colour: "method1", of: ({ loss }) => loss },
  { name: "distance to the teacher (right)", colour: "method2", of: ({ distance }) => distance! },
] as const satisfies readonly {
  readonly name: string;
  readonly colour: Colour;
  readonly of: (at: HeldOutMetrics) => number;
}[];

const { standalone } = drawChart({
  file: "curve",
  title: "Pre-training of the mini encoder, on held-out text",
  description: "Loss of masked words and cosine distance to the teacher's sentence embeddings, by step.",
  width: 640,
  legend: series.map(({ name }) => name),
  option: {
    grid: { right: 56 },
    xAxis: { ...axis, type: "value", max: 1000 * Math.ceil(heldOut.at(-1)!.step / 1000), name: "step", nameGap: 26 },
    yAxis: [
      { ...axis, type: "value", scale: true },
      { ...axis, type: "value", min: 0, splitLine: { show: false } },
    ],
    series: series.map(({ name, colour, of }, yAxisIndex) => ({
      type: "line",
      name,
      yAxisIndex,
      color: ink(colour),
      symbol: "circle",
      symbolSize: 5,
      data: heldOut.map((at) => [at.step, of(at)]),
    })),
  },
  value: (s, i) => `${series[s]!.name}, step ${heldOut[i]!.step}: ${series[s]!.of(heldOut[i]!).toFixed(3)}`,
});
writeFileSync(out, standalone);
